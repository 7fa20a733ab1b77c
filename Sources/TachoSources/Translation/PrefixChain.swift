internal import TachoLog

/// Ids for records that have none of their own: a record is known by all that came before it.
///
/// ```
/// h₀ = SHA-256(kind), or SHA-256(kind 0x00 owner) where the file's place or session decides the
///      stream
/// hᵢ = SHA-256(hᵢ₋₁ ‖ bytes of record i on one line)
/// id = kind ":" first 32 hexadecimal digits of hᵢ
/// ```
///
/// So a file that has grown adds only its tail, one that was rewritten adds its new run, and an
/// exact copy adds nothing. The owner keeps two runs apart that begin with the same words (the same
/// `summary` at the head of two sessions, the same first log line in two runs): as one id in two
/// streams the second would be refused as a conflict.
struct PrefixChain: ~Copyable {
    private let kind: [UInt8]
    private var hasher = SHA256Hasher()
    /// What all records so far are known by; a chain set to it goes on behind them.
    var state: Digest256

    init(kind: StaticString, owner: [UInt8] = []) {
        self.kind = kind.withUTF8Buffer { Array($0) }
        state = SHA256.hash(owner.isEmpty ? self.kind : self.kind + [0] + owner)
    }

    /// Goes one record further.
    ///
    /// Rejected records are no part of the chain: a last line that is half-written today and whole
    /// tomorrow stands in it once.
    mutating func advance(_ record: UnsafeRawBufferPointer) {
        state.withUnsafeBytes { hasher.update($0) }
        hasher.update(record)
        state = hasher.finish()
    }

    /// Of the record advanced to last.
    var id: ByteString {
        ByteString(kind + [UInt8(ascii: ":")] + state.bytes.prefix(16).hexadecimal)
    }
}
