import TachoJSON

/// A JSON value of a golden set; objects keep the order in which they are written.
enum GoldenValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case real(Double)
    case text(String)
    case list([GoldenValue])
    case object([(key: String, value: GoldenValue)])

    init(_ view: JSONView) {
        switch view.kind {
        case .null: self = .null
        case .boolean: self = .bool(view.boolean() ?? false)
        case .number:
            if let integer = view.integer() {
                self = .integer(integer)
            } else {
                self = .real(view.double() ?? .nan)
            }
        case .string: self = .text(view.string() ?? "")
        case .array:
            var list: [GoldenValue] = []
            view.forEachElement {
                list.append(GoldenValue($0))
                return true
            }
            self = .list(list)
        case .object:
            var members: [(key: String, value: GoldenValue)] = []
            view.forEachMember { key, value in
                members.append((key.string() ?? "", GoldenValue(value)))
                return true
            }
            self = .object(members)
        }
    }

    init?(json bytes: [UInt8]) {
        guard (try? JSON.validate(bytes)) != nil else { return nil }
        self = bytes.withUnsafeBytes { GoldenValue(JSONView(validated: $0)) }
    }
}

// MARK: Reading

extension GoldenValue {
    var members: [(key: String, value: GoldenValue)] {
        if case .object(let members) = self { members } else { [] }
    }

    var keys: [String] { members.map(\.key) }

    var list: [GoldenValue] { if case .list(let list) = self { list } else { [] } }

    var text: String? { if case .text(let text) = self { text } else { nil } }

    var texts: [String] { list.compactMap(\.text) }

    var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }

    var isNull: Bool { if case .null = self { true } else { false } }

    var isObject: Bool { if case .object = self { true } else { false } }

    var integer: Int? {
        switch self {
        case .integer(let integer): Int(integer)
        case .real(let real): Int(exactly: real.rounded(.towardZero))
        default: nil
        }
    }

    var double: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .real(let real): real
        default: nil
        }
    }

    /// As Python sees it: 0, an empty text, an empty list, and `null` are false.
    var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let bool): bool
        case .integer(let integer): integer != 0
        case .real(let real): real != 0
        case .text(let text): !text.isEmpty
        case .list(let list): !list.isEmpty
        case .object(let members): !members.isEmpty
        }
    }

    func has(_ key: String) -> Bool { members.contains { $0.key == key } }

    /// A member; `null` if there is none.
    subscript(_ key: String) -> GoldenValue {
        members.first { $0.key == key }?.value ?? .null
    }

    /// An object without one of its members.
    func without(_ key: String) -> GoldenValue { .object(members.filter { $0.key != key }) }

    /// As JSON text.
    var json: String {
        switch self {
        case .null: "null"
        case .bool(let bool): "\(bool)"
        case .integer(let integer): "\(integer)"
        case .real(let real): "\(real)"
        case .text(let text):
            "\""
                + text.unicodeScalars.map {
                    $0.value < 0x20 || $0 == "\"" || $0 == "\\"
                        ? "\\u" + String($0.value + 0x10000, radix: 16).dropFirst() : String($0)
                }.joined() + "\""
        case .list(let list): "[" + list.map(\.json).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.map { "\(GoldenValue.text($0.key).json):\($0.value.json)" }
                .joined(separator: ",") + "}"
        }
    }
}

// MARK: Writing

extension GoldenValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .integer(value) }
    init(floatLiteral value: Double) { self = .real(value) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(nilLiteral: ()) { self = .null }
    init(arrayLiteral elements: GoldenValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, GoldenValue)...) {
        self = .object(elements.map { (key: $0.0, value: $0.1) })
    }

    init(_ value: String?) { self = value.map { .text($0) } ?? .null }
    init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
    init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
    init(_ value: Double?) { self = value.map { .real($0) } ?? .null }
    init(_ values: [String]) { self = .list(values.map { .text($0) }) }
    init(_ values: [Double]) { self = .list(values.map { .real($0) }) }
    init(_ values: [(key: String, value: GoldenValue)]) { self = .object(values) }
}
