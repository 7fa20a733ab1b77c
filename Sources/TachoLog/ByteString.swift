/// Text that is compared, ordered, and hashed as UTF-8 bytes.
///
/// `String` compares by canonical equivalence, which would merge two ids that differ only in
/// their Unicode normal form. Ids, streams, and types are therefore never `String` inside.
public struct ByteString: Hashable, Comparable, Sendable {
    public var bytes: [UInt8]

    @inlinable
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    @inlinable
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = Array(bytes)
    }

    @inlinable
    public var isEmpty: Bool { bytes.isEmpty }

    /// All bytes at once: arrays are hashed and compared element by element.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(bytes.count)
    }

    public static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    public func hasPrefix(_ prefix: ByteString) -> Bool {
        bytes.starts(with: prefix.bytes)
    }
}

extension ByteString: ExpressibleByStringLiteral {
    public init(stringLiteral text: StaticString) {
        bytes = text.withUTF8Buffer { Array($0) }
    }
}

extension ByteString: CustomStringConvertible {
    /// For people: ill-formed bytes show as U+FFFD.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
