/// A SHA-256 value: 32 bytes, kept as four words so that it is copied and compared without memory.
package struct Digest256: Hashable, Sendable {
    /// Eight bytes each, in the order of memory: never read as numbers.
    var words: (UInt64, UInt64, UInt64, UInt64)

    package static let byteCount = 32
    /// 32 zero bytes: the chain before the first event.
    package static let zero = Digest256()

    init() {
        words = (0, 0, 0, 0)
    }

    /// The first 32 of `bytes`; `nil` if there are fewer.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Digest256.byteCount else { return nil }
        self.init()
        withUnsafeMutableBytes(of: &words) { target in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<32]))
        }
    }

    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Digest256.byteCount else { return nil }
        self.init()
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
    }

    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: words, body)
    }

    package static func == (left: Digest256, right: Digest256) -> Bool {
        left.words == right.words
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

extension Digest256: CustomStringConvertible {
    /// 64 lower-case digits, as `sha256sum` prints them.
    package var hex: String { String(decoding: bytes.hexadecimal, as: UTF8.self) }

    package var description: String { hex }

    /// Reads ``hex``; `nil` for anything but 64 hexadecimal digits.
    package init?(hex text: some StringProtocol) {
        guard let bytes = [UInt8](hexadecimal: Array(text.utf8)) else { return nil }
        self.init(bytes)
    }
}

extension Collection where Element == UInt8 {
    /// Two lower-case digits for each byte.
    package var hexadecimal: [UInt8] {
        var text = [UInt8]()
        text.reserveCapacity(count * 2)
        for byte in self {
            for digit in [byte >> 4, byte & 15] {
                text.append(digit < 10 ? digit + 0x30 : digit + 0x57)
            }
        }
        return text
    }
}

extension [UInt8] {
    /// Reads ``hexadecimal``, also in capitals; `nil` for an odd count or another character.
    package init?(hexadecimal text: [UInt8]) {
        guard text.count.isMultiple(of: 2) else { return nil }
        self = []
        reserveCapacity(text.count / 2)
        for index in stride(from: 0, to: text.count, by: 2) {
            guard let high = text[index].hexadecimalDigit,
                let low = text[index + 1].hexadecimalDigit
            else { return nil }
            append(high << 4 | low)
        }
    }
}

extension UInt8 {
    /// What this character stands for as a hexadecimal digit.
    var hexadecimalDigit: UInt8? {
        switch self {
        case 0x30...0x39: self - 0x30
        case 0x41...0x46: self - 0x37
        case 0x61...0x66: self - 0x57
        default: nil
        }
    }
}
