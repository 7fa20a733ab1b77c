package import TachoLog

/// The events one projector could not take in: how many, and the first of them with the reason.
///
/// Part of the projection's state, so that a fold resumed from a snapshot knows the same as one
/// from zero.
package struct QuarantinedEvents: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package let position: Position
        package let reason: ProjectionError

        package init(position: Position, reason: ProjectionError) {
            self.position = position
            self.reason = reason
        }
    }

    package private(set) var count = 0
    /// In the order of the log; at most ``limit``.
    package private(set) var entries: [Entry] = []

    /// A projector that fails on everything must not keep the log's size in memory.
    package static let limit = 100
    private static let memberLimit = 200

    /// Nothing yet.
    init() {}

    /// - Precondition: As many entries as there are, up to ``limit``.
    init(count: Int, entries: [Entry]) {
        precondition(entries.count == min(count, Self.limit), "the first ones are kept")
        self.count = count
        self.entries = entries
    }

    mutating func add(_ position: Position, _ reason: ProjectionError) {
        count += 1
        if entries.count < Self.limit { entries.append(Entry(position: position, reason: reason)) }
    }
}

// Bytes: u64 count │ u32 entries │ for each u64 position, u8 kind, u32 size, name of the member, or
// the digits of the version.

extension QuarantinedEvents {
    func encode<Sink: ByteSink & ~Copyable>(to sink: inout Sink) {
        sink.write(littleEndian: UInt64(count))
        sink.write(littleEndian: UInt32(entries.count))
        for entry in entries {
            let (kind, member): (UInt8, String) =
                switch entry.reason {
                case .missing(let member): (0, member)
                case .unexpected(let member): (1, member)
                case .newer(let version): (2, String(version))
                }
            let name = Array(member.utf8.prefix(Self.memberLimit))
            sink.write(littleEndian: entry.position.rawValue)
            sink.write(littleEndian: kind)
            sink.write(littleEndian: UInt32(name.count))
            sink.write(name)
        }
    }

    init<Source: ByteSource & ~Copyable>(
        decoding source: inout Source
    ) throws(TableDecodingError) {
        count = try source.count(limit: .max, column: -1)
        let entryCount = Int(try source.integer(UInt32.self))
        guard entryCount == min(count, Self.limit) else { throw .damaged(column: -1) }
        for _ in 0..<entryCount {
            let position = Position(try source.integer(UInt64.self))
            let kind = try source.integer(UInt8.self)
            let size = Int(try source.integer(UInt32.self))
            guard size <= Self.memberLimit else { throw .damaged(column: -1) }
            let member = String(decoding: try source.bytes(size), as: UTF8.self)
            let reason: ProjectionError
            switch kind {
            case 0: reason = .missing(member)
            case 1: reason = .unexpected(member)
            case 2:
                guard let version = Int(member), String(version) == member else {
                    throw .damaged(column: -1)
                }
                reason = .newer(version)
            default: throw .damaged(column: -1)
            }
            entries.append(Entry(position: position, reason: reason))
        }
    }
}
