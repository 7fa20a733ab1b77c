internal import TachoLog
internal import TachoProjections

/// Does everything there is to do with a store that may hold anything: read, verify, salvage,
/// append, recover; and looks at what that took.
struct StoreExercise {
    /// No file of a sample has more than some kilobytes, so no reader has a reason to ask for more
    /// at once than the longest line a record can have, twice.
    private static let largestRead = 2 * (NewEvent.maximumDataByteCount + (1 << 20))
    private static let callLimit = 20_000
    private static let readLimit = 64 << 20

    let planted: PlantedBug?
    private let fileSystem = MemoryFileSystem()

    init(planted: PlantedBug?) { self.planted = planted }

    func run(
        _ files: [String: [UInt8]], sealed: String?, boot: UInt64 = SampleStore.boot
    ) -> FuzzOutcome {
        fileSystem.load(files, boot: boot)
        let first = StoreReading(fileSystem)
        var second = StoreReading(fileSystem)
        if planted == .wrongAnswer, !second.lines.isEmpty { second.lines.removeLast() }
        if let error = first.untypedError { return .fault("reading: untyped \(error)") }
        guard first.lines == second.lines, first.reports == second.reports else {
            return .fault("read twice, another answer")
        }
        do {
            try verify()
            if let sealed, let bytes = files[sealed] { try salvage(bytes) }
            if planted == .unboundedRead { try plantedRead() }
            if let fault = try append(accepting: false) { return .fault(fault) }
            fileSystem.load(files, boot: boot)
            if let fault = try append(accepting: true) { return .fault(fault) }
        } catch {
            return .fault("untyped error \(error)")
        }
        return usageFault().map { .fault($0) } ?? (first.isReported ? .refused : .accepted)
    }

    func snapshot(_ files: [String: [UInt8]]) -> FuzzOutcome {
        fileSystem.load(files)
        do {
            let reader = try LogReader.open(SampleStore.directory, fileSystem: fileSystem)
            let store = SnapshotStore(
                directory: SampleStore.layout.snapshots, fileSystem: fileSystem)
            let loads = {
                store.load(TypeCounter.self, through: reader.lastPosition) {
                    position throws(LogError) in try reader.anchor(at: position)
                }.projection?.stateHash
            }
            let hash = loads()
            guard loads() == hash, planted == nil || hash == nil else {
                return .fault("loaded twice, another state")
            }
            let stored = store.load(
                TypeCounter.self, through: reader.lastPosition, isStored: true
            ) { position throws(LogError) in try reader.anchor(at: position) }
            if let fault = readCells(of: stored.projection, whole: hash) { return .fault(fault) }
            return usageFault().map { .fault($0) } ?? (hash == nil ? .refused : .accepted)
        } catch {
            return .fault("untyped error \(error)")
        }
    }

    /// Reads and looks up everything one by one, and then opens the columns.
    ///
    /// - Returns: What is wrong.
    private func readCells(of projection: Projection?, whole hash: Digest256?) -> String? {
        guard var projection else { return nil }
        let table = projection.table
        for row in 0..<min(table.rowCount, 100) {
            for column in table.schema.columns.indices { _ = table.value(column, row) }
            if let key = table.text(table.schema.keyColumn, row) {
                _ = table.row(forKey: key)
                for column in table.schema.columns.indices
                where table.schema.columns[column].type == .text {
                    _ = table.rows(where: column, equals: key)
                }
            }
        }
        // try?: what cannot be read is refused.
        guard (try? projection.openColumns(nil)) != nil, let hash else { return nil }
        return projection.stateHash == hash ? nil : "opened from cells, another state"
    }

    // MARK: - Steps

    private func verify() throws {
        do {
            let reader = try LogReader.open(SampleStore.directory, fileSystem: fileSystem)
            _ = try LogVerifier(reader).verify(.deep)
            try reader.forEachBatch(
                from: Position(4), through: Position(8),
                matching: RecordFilter(types: ["a.*"], streams: ["s"]), onDamage: { _ in },
                { _ in true })
        } catch is LogError {
            // Refused is an answer.
        }
    }

    private func salvage(_ bytes: [UInt8]) throws {
        guard let store = StoreID(SampleStore.Plan().store) else { return }
        _ = try SegmentSalvage.run(
            byteCount: bytes.count, store: store, file: "sealed",
            read: { (offset, count) throws(LogError) in
                guard offset >= 0, count >= 0, offset <= bytes.count - count else {
                    throw LogError(.system, "salvage reads outside of the file")
                }
                return Array(bytes[offset..<offset + count])
            }, { (_) throws(LogError) in })
    }

    /// - Returns: What did not hold, if anything.
    private func append(accepting: Bool) throws -> String? {
        var options = LogOptions()
        options.reserveByteCount = 0
        options.acceptsLoss = accepting
        options.createsStore = false
        options.clock = { Timestamp(microseconds: 1_766_052_060_000_000) }
        var receipt: AppendReceipt?
        do throws(LogError) {
            var log = try LogWriter.open(
                SampleStore.directory, options: options, fileSystem: fileSystem)
            receipt = try log.append([
                NewEvent(id: "fuzz", stream: "s", type: "c", source: "y", data: Array("{}".utf8))
            ])
            if accepting { _ = try log.seal() }
        } catch {
            // Refused: nothing was acknowledged, unless it was the sealing.
        }
        guard fileSystem.openCount == 0 else { return "a descriptor stays open" }
        guard case .appended(let position)? = receipt?.outcomes.first else { return nil }
        let reading = StoreReading(fileSystem)
        if let error = reading.untypedError { return "reading after: untyped \(error)" }
        let isThere = reading.lines.contains(Array("{\"position\":\(position),".utf8))
        return isThere || reading.isReported
            ? nil : "an acknowledged append at \(position) is not read"
    }

    // MARK: - What it took

    private func usageFault() -> String? {
        let usage = fileSystem.usage
        if usage.largestReadByteCount > Self.largestRead {
            return "\(usage.largestReadByteCount) bytes asked for at once"
        }
        if usage.callCount > Self.callLimit { return "\(usage.callCount) calls" }
        if usage.readByteCount > Self.readLimit { return "\(usage.readByteCount) bytes read" }
        return nil
    }

    /// Believes a size in the manifest's place and asks for that much.
    private func plantedRead() throws {
        let file = try fileSystem.open(SampleStore.layout.head, .updateOrCreate)
        defer { fileSystem.close(file) }
        _ = try fileSystem.readUpTo(
            file, SampleStore.layout.head, at: 0, byteCount: Self.largestRead + 1)
    }
}
