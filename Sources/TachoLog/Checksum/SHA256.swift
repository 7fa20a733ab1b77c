private import CChecksum

/// SHA-256 (FIPS 180-4), with the processor's own instructions where there are any.
///
/// The message is a value of this struct: hashing one allocates nothing.
package struct SHA256Hasher: ~Copyable {
    private var message = tacho_sha256()

    package init() {
        tacho_sha256_begin(&message)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // `count` bytes are read from the address; neither is kept.
        guard let address = bytes.baseAddress else { return }
        tacho_sha256_update(&message, address, bytes.count)
    }

    /// Takes the same bytes into another message, too.
    package mutating func update(
        _ bytes: UnsafeRawBufferPointer, also other: inout SHA256Hasher
    ) {
        // As above.
        guard let address = bytes.baseAddress else { return }
        tacho_sha256_update_two(&message, &other.message, address, bytes.count)
    }

    /// The digest of all bytes since the last `finish`; the hasher is then ready for the next.
    package mutating func finish() -> Digest256 {
        var digest = Digest256()
        // Exactly 32 bytes are written, which is what `words` has.
        withUnsafeMutableBytes(of: &digest.words) { target in
            guard let address = target.bindMemory(to: UInt8.self).baseAddress else { return }
            tacho_sha256_end(&message, address)
        }
        tacho_sha256_begin(&message)
        return digest
    }
}

package enum SHA256 {
    package static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest256 {
        var hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.finish()
    }

    package static func hash(_ bytes: [UInt8]) -> Digest256 {
        bytes.withUnsafeBytes { hash($0) }
    }
}
