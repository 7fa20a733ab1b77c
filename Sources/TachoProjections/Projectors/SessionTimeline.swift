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

    /// The unions A₀, A₁, and so on.
    private var unions = Array(repeating: IntervalSet(), count: Kind.allCases.count)

    /// Microseconds of a part.
    func part(_ kind: Kind) -> Int64 {
        let index = Int(kind.rawValue)
        return unions[index].measure - (index == 0 ? 0 : unions[index - 1].measure)
    }

    /// Microseconds of all parts.
    var total: Int64 { unions.last?.measure ?? 0 }

    mutating func add(_ interval: Range<Int64>, _ kind: Kind) {
        for index in Int(kind.rawValue)..<unions.count { unions[index].insert(interval) }
    }

    // MARK: Bytes

    /// Kind, beginning, and end, little-endian.
    static let entryByteCount = 17

    /// Reads the entries of a row's cells.
    init(cells: [[UInt8]] = []) {
        for cell in cells {
            for offset in stride(from: 0, to: cell.count, by: Self.entryByteCount) {
                guard let kind = Kind(rawValue: cell[offset]) else { continue }
                let start = Self.number(cell, offset + 1)
                add(start..<max(start, Self.number(cell, offset + 9)), kind)
            }
        }
    }

    static func number(_ bytes: [UInt8], _ offset: Int) -> Int64 {
        bytes.withUnsafeBytes {
            Int64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Int64.self))
        }
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
        bytes.append(kind.rawValue)
        bytes.append(word: name)
        bytes.append(word: moment)
        return true
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
        append(kind.rawValue)
        append(word: interval.lowerBound)
        append(word: interval.upperBound)
    }

    /// Eight bytes, little-endian.
    fileprivate mutating func append(word: Int64) {
        Swift.withUnsafeBytes(of: word.littleEndian) { append(contentsOf: $0) }
    }
}
