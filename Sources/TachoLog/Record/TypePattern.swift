/// An event type, or all types with a prefix: `tool.call`, `hook.*`, `*`.
public struct TypePattern: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// What a matching type is, or begins with.
    public let text: ByteString
    public let isPrefix: Bool

    public init(_ pattern: ByteString) {
        isPrefix = pattern.bytes.last == UInt8(ascii: "*")
        text = isPrefix ? ByteString(Array(pattern.bytes.dropLast())) : pattern
    }

    public init(stringLiteral pattern: StaticString) {
        self.init(ByteString(stringLiteral: pattern))
    }

    public func matches(_ type: some Collection<UInt8>) -> Bool {
        isPrefix ? type.starts(with: text.bytes) : type.elementsEqual(text.bytes)
    }

    /// Whether there can be a type that matches both.
    package func overlaps(_ other: TypePattern) -> Bool {
        if isPrefix, other.isPrefix {
            return text.hasPrefix(other.text) || other.text.hasPrefix(text)
        }
        return isPrefix ? matches(other.text.bytes) : other.matches(text.bytes)
    }

    public var description: String { text.description + (isPrefix ? "*" : "") }
}
