/// The six kinds of JSON value (RFC 8259 §3); `true` and `false` are one.
@usableFromInline
package enum JSONKind: UInt8, Sendable {
    case object, array, string, number, boolean, null
}

extension JSONKind {
    /// A value's first byte decides; `nil` if no value begins with it.
    @inlinable
    package init?(firstByte: UInt8) {
        switch firstByte {
        case UInt8(ascii: "{"): self = .object
        case UInt8(ascii: "["): self = .array
        case UInt8(ascii: "\""): self = .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): self = .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): self = .boolean
        case UInt8(ascii: "n"): self = .null
        default: return nil
        }
    }
}
