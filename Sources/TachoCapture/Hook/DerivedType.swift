package import TachoLog

/// Types that end in a word from outside.
package enum DerivedType {
    package static let maximumWordByteCount = 64

    /// `prefix` and the word, if it may stand in a type; else `prefix` and `unknown`.
    ///
    /// A word is of `[A-Za-z0-9_.-]`, 1 to 64 bytes: what comes from outside must not be able to
    /// look like another family of types, nor fill an envelope.
    package static func make(_ prefix: ByteString, _ word: [UInt8]?) -> ByteString {
        guard let word, isWord(word) else { return ByteString(prefix.bytes + "unknown".utf8) }
        return ByteString(prefix.bytes + word)
    }

    package static func isWord(_ bytes: [UInt8]) -> Bool {
        (1...maximumWordByteCount).contains(bytes.count)
            && bytes.allSatisfy { $0.isASCIIAlphanumeric || "_.-".utf8.contains($0) }
    }
}
