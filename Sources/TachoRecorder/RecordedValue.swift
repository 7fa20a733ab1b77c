internal import TachoJSON

/// A value in an event's data, written as a literal: `["hits": 12, "paths": ["a", "b"]]`.
public enum RecordedValue: Sendable {
    case text(String)
    case integer(Int)
    /// What JSON cannot say (infinity, not a number) is recorded as `null`.
    case number(Double)
    case boolean(Bool)
    case array([RecordedValue])
    /// Members in this order.
    case object([(key: String, value: RecordedValue)])
    case null

    func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.value(text)
        case .integer(let number): writer.value(number)
        case .number(let number): writer.value(number)
        case .boolean(let boolean): writer.value(boolean)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for (key, value) in members {
                writer.key(key)
                value.write(to: &writer)
            }
            writer.endObject()
        case .null: writer.value(nil)
        }
    }
}

extension RecordedValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral text: String) { self = .text(text) }
}

extension RecordedValue: ExpressibleByIntegerLiteral {
    public init(integerLiteral number: Int) { self = .integer(number) }
}

extension RecordedValue: ExpressibleByFloatLiteral {
    public init(floatLiteral number: Double) { self = .number(number) }
}

extension RecordedValue: ExpressibleByBooleanLiteral {
    public init(booleanLiteral boolean: Bool) { self = .boolean(boolean) }
}

extension RecordedValue: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: RecordedValue...) { self = .array(elements) }
}

extension RecordedValue: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral members: (String, RecordedValue)...) {
        self = .object(members.map { (key: $0.0, value: $0.1) })
    }
}

extension RecordedValue: ExpressibleByNilLiteral {
    public init(nilLiteral: ()) { self = .null }
}
