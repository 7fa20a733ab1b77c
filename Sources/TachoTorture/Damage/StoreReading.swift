internal import TachoJSON
package import TachoLog

/// How the harness reads a store: as everybody does, or with a bug that it must then find.
package enum ReadingWay: Sendable {
    case real
    /// Planted: what is damaged is passed over without a word.
    case ignoringDamage
    /// Planted: the lines of the active file are taken as they stand.
    case withoutChecksums
}

/// What reading a whole store came to.
package struct StoreReading: Sendable {
    /// Canonical lines.
    package var lines: [UInt8] = []
    /// Damage that was told of, or the error that ended the reading.
    package var reports: [LogError] = []
    /// An error that is not one of ours.
    package var untypedError: String?
    package var lastPosition = Position.zero

    package var isReported: Bool { !reports.isEmpty }

    package init(_ fileSystem: any FileSystem, _ way: ReadingWay = .real) {
        var lines = [UInt8]()
        var reports = [LogError]()
        do {
            let reader = try LogReader.open(SampleStore.directory, fileSystem: fileSystem)
            lastPosition = reader.lastPosition
            try reader.forEachBatch(onDamage: { reports.append($0) }) { batch in
                lines += batch.bytes
                return true
            }
        } catch let error as LogError {
            reports.append(error)
        } catch {
            untypedError = "\(error)"
        }
        self.lines = lines
        self.reports = way == .ignoringDamage ? [] : reports
        if way == .withoutChecksums { readWithoutChecksums(fileSystem) }
    }

    /// Drops the suffix of each active line, whatever its checksum says.
    private mutating func readWithoutChecksums(_ fileSystem: any FileSystem) {
        let name = StoreLayout.activeName(first: Position(10))
        guard
            let bytes = try? fileSystem.contents(of: SampleStore.layout.logFile(name)),
            !bytes.isEmpty
        else { return }
        reports = []
        let sealed = lines.split(separator: 0x0A).prefix(9).flatMap { $0 + [0x0A] }
        lines =
            sealed
            + bytes.split(separator: 0x0A).flatMap { line -> [UInt8] in
                guard let start = line.lastIndex(of: UInt8(ascii: "_")) else { return [] }
                return line[..<(start - 2)] + Array("}\n".utf8)
            }
    }
}
