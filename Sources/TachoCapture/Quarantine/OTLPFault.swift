/// Why bytes are not the OTLP they should be.
///
/// Nothing of the record is taken; what stands beside it is.
package enum OTLPFault: String, Error, Hashable, Sendable, CaseIterable {
    /// The bytes end inside a field.
    case truncated = "otlpTruncated"
    /// A tag, a length, or a number that protobuf's wire format does not have.
    case invalidWireFormat = "otlpInvalidWireFormat"
    /// A string that is not UTF-8.
    case invalidUTF8 = "otlpInvalidUTF8"
    /// A field that holds something of another kind than OTLP says.
    case wrongKind = "otlpWrongKind"
    /// A number that the field's kind cannot hold.
    case numberOutOfRange = "otlpNumberOutOfRange"
    /// Values in values, deeper than any program writes them.
    case tooDeep = "otlpTooDeep"
    /// A document that is no request of logs, metrics, or traces.
    case notARequest = "otlpNotARequest"

    /// For people.
    package var message: String {
        switch self {
        case .truncated: "the message is cut off"
        case .invalidWireFormat: "the bytes are not protobuf"
        case .invalidUTF8: "a string is not UTF-8"
        case .wrongKind: "a field holds another kind of value than OTLP says"
        case .numberOutOfRange: "a number is larger than its field can hold"
        case .tooDeep: "values are nested deeper than is read"
        case .notARequest: "this is no OTLP request of logs, metrics, or traces"
        }
    }
}
