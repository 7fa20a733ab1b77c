internal import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tells whether damage to a store was noticed, did no harm, or changed an answer in silence.
struct StoreJudge: Sendable {
    /// What came of one change.
    enum Verdict: Equatable, Sendable {
        /// All lines are read as before, and an append is read behind them.
        case harmless
        /// Reading or opening for appending says so.
        case detected
        /// Only the deep check says so: reading gives less than there was, without a word.
        case verifierOnly
        /// An answer that is wrong, and nothing says so.
        case silent(String)
    }

    private let sample: SampleStore
    private let way: ReadingWay
    /// The lines, as keys: what is read must be one of them.
    private let known: Set<[UInt8]>

    init(_ sample: SampleStore, reading way: ReadingWay = .real) {
        self.sample = sample
        self.way = way
        known = Set(Self.split(sample.lines))
    }

    /// Judges a store of these files.
    ///
    /// - Parameters:
    ///   - files: The sample's, changed.
    ///   - boot: Another than the sample's is a machine that was restarted since.
    ///   - fileSystem: Reused from case to case.
    ///   - appends: Whether to open the store for appending, too.
    /// - Returns: The worst of what reading and appending came to.
    func judge(
        _ files: [String: [UInt8]], boot: UInt64, in fileSystem: MemoryFileSystem,
        appends: Bool = true
    ) -> Verdict {
        fileSystem.load(files, boot: boot)
        let reading = StoreReading(fileSystem, way)
        if let fault = fault(in: reading, "reading") { return .silent(fault) }
        let isWhole = Self.isSame(reading.lines, sample.lines)
        var verdict = Verdict.harmless
        if reading.isReported {
            verdict = .detected
        } else if !isWhole {
            guard way == .real, isFoundByVerifier(fileSystem) else {
                return .silent("reading gives \(count(reading)) lines and no word of the others")
            }
            verdict = .verifierOnly
        }
        guard appends, way == .real else { return verdict }
        fileSystem.load(files, boot: boot)
        return judgeAppending(reading, verdict, fileSystem)
    }

    // MARK: - Reading

    /// What no damage may bring about.
    private func fault(
        in reading: StoreReading, _ when: String, appended: Set<[UInt8]> = []
    ) -> String? {
        if let error = reading.untypedError { return "\(when): untyped error \(error)" }
        if Self.isSame(reading.lines, sample.lines) { return nil }
        var last = Position.zero
        for line in Self.split(reading.lines) {
            let text = String(decoding: line, as: UTF8.self)
            let isOwn = text.contains("\"source\":\"tacho/log\"")
            guard known.contains(line) || isOwn || appended.contains(line) else {
                return "\(when) gives a line that was never written: \(text)"
            }
            guard let position = line.withUnsafeBytes({ RecordView(line: $0)?.position }),
                position > last
            else { return "\(when) gives lines out of order" }
            last = position
        }
        return nil
    }

    private func isFoundByVerifier(_ fileSystem: MemoryFileSystem) -> Bool {
        do throws(LogError) {
            let reader = try LogReader.open(SampleStore.directory, fileSystem: fileSystem)
            return try !LogVerifier(reader).verify(.deep).isGood
        } catch {
            return true
        }
    }

    // MARK: - Appending

    private static let event = NewEvent(
        id: "appended", stream: "s", type: "c", source: "y", data: Array("{\"new\":true}".utf8))

    private func judgeAppending(
        _ before: StoreReading, _ verdict: Verdict, _ fileSystem: MemoryFileSystem
    ) -> Verdict {
        var options = LogOptions()
        options.reserveByteCount = 0
        options.createsStore = false
        options.clock = { Timestamp(microseconds: 1_766_052_060_000_000) }
        var appended: Position?
        do throws(LogError) {
            var log = try LogWriter.open(
                SampleStore.directory, options: options, fileSystem: fileSystem)
            let receipt = try log.append([Self.event])
            if case .appended(let position)? = receipt.outcomes.first { appended = position }
            if appended == nil { return .silent("an event that is new is taken for another") }
        } catch {
            // Refused: nothing was acknowledged, and what could be read still can be.
        }
        guard fileSystem.openCount == 0 else { return .silent("a descriptor stays open") }
        let after = StoreReading(fileSystem)
        if verdict == .harmless, !after.isReported, let appended, isExtended(after, by: appended) {
            return .harmless
        }
        let lines = Self.split(after.lines)
        let new = Set(lines.filter(Self.isAppended))
        if let fault = fault(in: after, "reading after an append", appended: new) {
            return .silent(fault)
        }
        let found = Set(lines)
        let isComplete = known.isSubset(of: found)
        if after.isReported { return .detected }
        if !isComplete, !isFoundByVerifier(fileSystem) {
            return .silent("after an append \(known.subtracting(found).count) lines are missing")
        }
        if let appended {
            guard new.count == 1 else {
                return .silent("an acknowledged append at \(appended) is not read")
            }
            return isComplete ? verdict : .verifierOnly
        }
        return .detected
    }

    /// Whether these are the sample's lines and the appended one: what mostly comes.
    private func isExtended(_ reading: StoreReading, by position: Position) -> Bool {
        let count = sample.lines.count
        guard reading.lines.count > count, Self.isSame(Array(reading.lines[..<count]), sample.lines)
        else { return false }
        let rest = Array(reading.lines[count...])
        return Self.isAppended(rest) && rest.firstIndex(of: 0x0A) == rest.count - 1
            && rest.starts(with: Array("{\"position\":\(position),".utf8))
    }

    private static func isAppended(_ line: [UInt8]) -> Bool {
        line.contains(Array("\"id\":\"appended\"".utf8))
    }

    // MARK: - Lines

    private func count(_ reading: StoreReading) -> Int { Self.split(reading.lines).count }

    static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        // `==` goes byte by byte where nothing is optimised, and this is asked a million times.
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard left.count == right.count else { return false }
                guard let start = left.baseAddress, let other = right.baseAddress else {
                    return true
                }
                return memcmp(start, other, left.count) == 0
            }
        }
    }

    static func split(_ lines: [UInt8]) -> [[UInt8]] {
        lines.withUnsafeBytes { buffer in
            var all = [[UInt8]]()
            var offset = 0
            while let line = buffer.line(from: offset) {
                all.append(Array(line))
                offset += line.count
            }
            if offset < buffer.count { all.append(Array(buffer[offset...])) }
            return all
        }
    }
}

extension [UInt8] {
    /// Whether these bytes stand somewhere in it.
    func contains(_ part: [UInt8]) -> Bool {
        guard let first = part.first, count >= part.count else { return false }
        return indices.dropLast(part.count - 1).contains {
            self[$0] == first && self[$0..<$0 + part.count].elementsEqual(part)
        }
    }
}
