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

/// Which records a reader is asked for.
///
/// Every condition given must hold; none given is all.
public struct RecordFilter: Hashable, Sendable {
    public var types: [TypePattern]
    public var streams: [ByteString]
    /// Bounds of the store's own time, both included.
    public var recordedFrom: Timestamp?
    public var recordedThrough: Timestamp?
    /// Whether a reader may give other records, too, where it has them at hand.
    ///
    /// For one who looks at every record anyway: a frame in which something matches is then passed
    /// on as it is, and nothing is copied.
    public var mayGiveOthers = false
    /// Whether a reader passes over events that have expired by their type without a word.
    ///
    /// For one who looks into what has expired by himself.
    package var passesExpired = false

    public static let all = RecordFilter()

    public init(
        types: [TypePattern] = [], streams: [ByteString] = [],
        recordedFrom: Timestamp? = nil, recordedThrough: Timestamp? = nil
    ) {
        self.types = types
        self.streams = streams
        self.recordedFrom = recordedFrom
        self.recordedThrough = recordedThrough
    }

    public func matches(_ record: RecordView) -> Bool {
        if let recordedFrom, record.recorded < recordedFrom { return false }
        if let recordedThrough, record.recorded > recordedThrough { return false }
        if !types.isEmpty, !types.contains(where: { $0.matches(record.type) }) { return false }
        if !streams.isEmpty, !streams.contains(where: { $0.bytes.elementsEqual(record.stream) }) {
            return false
        }
        return true
    }
}
