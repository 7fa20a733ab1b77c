private import CCrypto

/// SHA-256 (FIPS 180-4) through libcrypto.
///
/// The context is a value of this struct: hashing a message allocates nothing.
package struct SHA256Hasher: ~Copyable {
    private var context = SHA256_CTX()

    package init() {
        SHA256_Init(&context)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // libcrypto reads `count` bytes from the address and keeps neither.
        guard let address = bytes.baseAddress else { return }
        SHA256_Update(&context, address, bytes.count)
    }

    /// The digest of all bytes since the last `finish`; the hasher is then ready for the next.
    package mutating func finish() -> Digest256 {
        var digest = Digest256()
        // SHA-256 writes exactly 32 bytes, which is what `words` has.
        withUnsafeMutableBytes(of: &digest.words) { target in
            _ = SHA256_Final(target.bindMemory(to: UInt8.self).baseAddress, &context)
        }
        SHA256_Init(&context)
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
