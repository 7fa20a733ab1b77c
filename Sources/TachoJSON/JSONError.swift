/// Why bytes are not the JSON they should be, and where.
///
/// Nothing was changed and nothing is kept; the same bytes fail again in the same way. The caller
/// keeps them aside with reason and offset, or goes on behind them.
package struct JSONError: Error, Equatable, Sendable {
    package enum Reason: UInt8, Sendable {
        /// Nothing but whitespace: no value begins here. `offset` is the end of the bytes.
        case emptyInput
        /// The byte at `offset` cannot stand there, by the grammar.
        case unexpectedByte
        /// The bytes end inside a value; more of them could complete it. `offset` is the end.
        case unexpectedEnd
        /// A number goes wrong at the byte at `offset`: `01`, `1.`, `-x`.
        case invalidNumber
        /// The escape whose backslash is at `offset` does not exist.
        case invalidEscape
        /// A raw byte below 0x20 in a string, at `offset`.
        case controlCharacterInString
        /// The sequence that begins at `offset` is not well-formed UTF-8 (Unicode 15, table 3-7).
        case invalidUTF8
        /// The escaped surrogate whose backslash is at `offset` has no partner.
        case loneSurrogate
        /// The bracket at `offset` opens more than ``JSON/maximumDepth`` levels.
        case tooDeep
        /// A complete value is followed by something else, which begins at `offset`.
        case trailingBytes
        /// A valid value that is not an object, where only an object will do.
        case notAnObject
    }

    package let reason: Reason
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}

extension JSONError.Reason {
    /// For people; the offset is told beside it.
    package var message: String {
        switch self {
        case .emptyInput: "there is no JSON value"
        case .unexpectedByte: "this byte cannot stand here"
        case .unexpectedEnd: "the value is cut off"
        case .invalidNumber: "the number is malformed"
        case .invalidEscape: "the escape in the string does not exist"
        case .controlCharacterInString: "a control character in a string must be escaped"
        case .invalidUTF8: "the bytes are not UTF-8"
        case .loneSurrogate: "an escaped surrogate stands alone"
        case .tooDeep: "the value is nested more than \(JSON.maximumDepth) levels deep"
        case .trailingBytes: "more bytes follow the value"
        case .notAnObject: "the value is not an object"
        }
    }
}

extension JSONError: CustomStringConvertible {
    package var description: String { "\(reason.message), at byte \(offset)" }
}
