import TachoLog

/// What the time of a session was spent on, of which each moment counts once.
///
/// Kinds stand in an order, and a moment belongs to the first kind that claims it. With Aᵢ the union
/// of all intervals of the kinds up to i, kind i has |Aᵢ| − |Aᵢ₋₁|. So the parts add up to the union of
/// all, which lies between the first moment and the last: they never exceed the time by the clock, in
/// whatever order and how often the intervals come.
struct SessionTimeline: Sendable {
    enum Kind: UInt8, CaseIterable, Sendable {
        /// A person was asked whether a tool may run.
        case permission
        /// A tool ran, by a hook's or telemetry's word.
        case tool
        /// A model answered.
        case model
        /// Hooks ran.
        case hook
        /// A tool was called and its result written: by a transcript, which knows no better.
        case toolByTranscript
        /// The agent had asked for a prompt, and there was none yet.
        case idle
    }

    /// The unions A₀, A₁, and so on; `nil` is the same as the one before, because no interval of
    /// that kind was added: most sessions have one kind or two.
    private var unions = [IntervalSet?](repeating: nil, count: Kind.allCases.count)
    private(set) var intervalCount = 0

    /// Microseconds of a part.
    func part(_ kind: Kind) -> Int64 {
        let index = Int(kind.rawValue)
        guard let union = unions[index] else { return 0 }
        return union.measure - (latestUnion(below: index)?.measure ?? 0)
    }

    /// Microseconds of all parts.
    var total: Int64 { latestUnion(below: unions.count)?.measure ?? 0 }

    mutating func add(_ interval: Range<Int64>, _ kind: Kind) {
        let first = Int(kind.rawValue)
        if unions[first] == nil { unions[first] = latestUnion(below: first) ?? IntervalSet() }
        for index in first..<unions.count where unions[index] != nil {
            unions[index]?.insert(interval)
        }
        intervalCount += 1
    }

    private func latestUnion(below end: Int) -> IntervalSet? {
        unions[..<end].last { $0 != nil } ?? nil
    }

    // MARK: Bytes

    /// Kind, beginning, and end, little-endian.
    static let entryByteCount = 17

    /// Adds the entries of a cell.
    mutating func add(entries: UnsafeRawBufferPointer) {
        for offset in stride(from: 0, to: entries.count, by: Self.entryByteCount) {
            guard let kind = Kind(rawValue: entries[offset]) else { continue }
            let start = Self.number(entries, offset + 1)
            add(start..<max(start, Self.number(entries, offset + 9)), kind)
        }
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> Int64 {
        Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }

    static func number(_ bytes: [UInt8], _ offset: Int) -> Int64 {
        bytes.withUnsafeBytes { number($0, offset) }
    }
}

/// Beginnings that wait for their end: calls, questions, idle agents.
///
/// At most 64; the oldest goes.
struct OpenMoments: Sendable {
    enum Kind: UInt8, Sendable {
        case call, callByTranscript, permission, idle
    }

    private static let entryByteCount = 17
    private static let limit = 64
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// - Returns: Whether it is new: the first beginning of a name stays.
    mutating func open(_ kind: Kind, _ name: Int64, at moment: Int64) -> Bool {
        guard offset(kind, name) == nil else { return false }
        if bytes.count == Self.limit * Self.entryByteCount {
            bytes.removeFirst(Self.entryByteCount)
        }
        bytes.appendEntry(kind.rawValue, name, moment)
        return true
    }

    /// Whether something of that kind has begun.
    func hasOpen(_ kind: Kind) -> Bool {
        stride(from: 0, to: bytes.count, by: Self.entryByteCount).contains {
            bytes[$0] == kind.rawValue
        }
    }

    /// - Returns: When it began; `nil` if it is not known.
    mutating func close(_ kind: Kind, _ name: Int64) -> Int64? {
        guard let offset = offset(kind, name) else { return nil }
        let moment = SessionTimeline.number(bytes, offset + 9)
        bytes.removeSubrange(offset..<(offset + Self.entryByteCount))
        return moment
    }

    private func offset(_ kind: Kind, _ name: Int64) -> Int? {
        stride(from: 0, to: bytes.count, by: Self.entryByteCount).first {
            bytes[$0] == kind.rawValue && SessionTimeline.number(bytes, $0 + 1) == name
        }
    }
}

extension [UInt8] {
    /// Kind, beginning, and end: an entry of ``SessionTimeline/entryByteCount``.
    mutating func appendInterval(_ interval: Range<Int64>, _ kind: SessionTimeline.Kind) {
        appendEntry(kind.rawValue, interval.lowerBound, interval.upperBound)
    }

    /// A kind and two numbers, little-endian.
    fileprivate mutating func appendEntry(_ kind: UInt8, _ first: Int64, _ second: Int64) {
        withUnsafeTemporaryAllocation(byteCount: 17, alignment: 1) { entry in
            entry.storeBytes(of: kind, as: UInt8.self)
            entry.storeBytes(of: first.littleEndian, toByteOffset: 1, as: Int64.self)
            entry.storeBytes(of: second.littleEndian, toByteOffset: 9, as: Int64.self)
            append(contentsOf: UnsafeRawBufferPointer(entry))
        }
    }
}
