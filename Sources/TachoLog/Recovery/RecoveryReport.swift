/// What had to be put right when a log was opened.
public struct RecoveryReport: Equatable, Sendable {
    /// Bytes behind the last complete batch, kept in `quarantine/`.
    ///
    /// None of them was acknowledged as durable.
    public var tornByteCount = 0
    /// Where the torn bytes are kept.
    public var quarantineFile: String?
    /// Acknowledged bytes that are not what was written; the rest of that file stays readable.
    public var damagedFile: String?
    public var damagedOffset: Int?

    /// Acknowledged bytes that are gone, which `tacho recover` has accepted.
    public var missingByteCount = 0

    /// Whether every acknowledged event is still there.
    public var isLossless: Bool { damagedFile == nil && missingByteCount == 0 }

    var isEmpty: Bool { self == RecoveryReport() }

    /// As the data of a `tacho.recovered` event.
    var data: [UInt8] {
        var members = ["\"torn_bytes\":\(tornByteCount)"]
        if let quarantineFile { members.append("\"quarantine\":\"\(quarantineFile)\"") }
        if let damagedFile { members.append("\"damaged_file\":\"\(damagedFile)\"") }
        if let damagedOffset { members.append("\"damaged_offset\":\(damagedOffset)") }
        if missingByteCount > 0 { members.append("\"missing_bytes\":\(missingByteCount)") }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }
}
