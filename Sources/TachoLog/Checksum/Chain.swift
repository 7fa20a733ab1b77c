/// The hash chain over the canonical lines of a log.
///
/// ```
/// leaf    = SHA-256(0x00 ‖ canonical line with its newline)
/// chain_0 = 32 zero bytes
/// chain_i = SHA-256(0x01 ‖ chain_{i−1} ‖ leaf_i)
/// ```
///
/// The bytes in front keep a leaf from being taken for a link (RFC 6962 §2.1). The chain does not
/// know of files and frames, so sealing, merging, and recompressing cannot change it; an erased
/// record leaves its leaf behind, so the chain still closes.
///
/// It finds accidents and simple edits. Against someone who can rewrite the whole log or cut its
/// end only a head kept elsewhere helps.
package struct Chain: Hashable, Sendable {
    package private(set) var head: Digest256

    /// Before the first event.
    package static let start = Chain(head: .zero)

    package init(head: Digest256) {
        self.head = head
    }

    /// - Parameters:
    ///   - line: A canonical line with its newline.
    ///   - hasher: Lent for the call; between messages, and so it is left.
    package mutating func append(
        line: UnsafeRawBufferPointer, with hasher: inout SHA256Hasher
    ) {
        append(leaf: Chain.leaf(of: line, with: &hasher), with: &hasher)
    }

    /// As `append(line:with:)`, and takes the line into `digest`, too: two messages of the same bytes
    /// take little longer than one.
    package mutating func append(
        line: UnsafeRawBufferPointer, with hasher: inout SHA256Hasher,
        also digest: inout SHA256Hasher
    ) {
        withUnsafeBytes(of: UInt8(0x00)) { hasher.update($0) }
        hasher.update(line, also: &digest)
        append(leaf: hasher.finish(), with: &hasher)
    }

    package mutating func append(leaf: Digest256, with hasher: inout SHA256Hasher) {
        withUnsafeBytes(of: UInt8(0x01)) { hasher.update($0) }
        head.withUnsafeBytes { hasher.update($0) }
        leaf.withUnsafeBytes { hasher.update($0) }
        head = hasher.finish()
    }

    package static func leaf(
        of line: UnsafeRawBufferPointer, with hasher: inout SHA256Hasher
    ) -> Digest256 {
        withUnsafeBytes(of: UInt8(0x00)) { hasher.update($0) }
        hasher.update(line)
        return hasher.finish()
    }
}
