import TachoCapture
import TachoJSON

/// Writes OTLP messages in JSON as the members of our events.
///
/// Says exactly what ``OTLPWireWriter`` says of the same message in protobuf: names as protobuf has
/// them, 64-bit integers as numbers whether they came as such or as text, attributes as one flat
/// object, nothing that is 0 or empty.
///
/// Source: OTLP 1.x, "JSON Protobuf Encoding"; ecosystem §3.9; `shared/data/SHAPES.md` part 1.
enum OTLPJSONWriter {
    static func writeMembers(
        of message: JSONView, _ fields: [OTLPField], to writer: inout JSONWriter
    ) throws(OTLPFault) {
        guard message.kind == .object else { throw .wrongKind }
        var found: [JSONView?] = Array(repeating: nil, count: fields.count)
        message.forEachMember { key, value in
            guard !value.isNull else { return true }
            for index in fields.indices where found[index] == nil {
                if key.equals(fields[index].jsonName) { found[index] = value }
            }
            return true
        }
        for (field, value) in zip(fields, found) {
            if let value { try write(value, field, to: &writer) }
        }
    }

    private static func write(
        _ value: JSONView, _ field: OTLPField, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        switch field.kind {
        case .attributes:
            let pairs = try elements(of: value)
            guard !pairs.isEmpty else { return }
            writer.key(field.name)
            try writeAttributes(pairs, depth: 0, to: &writer)
        case .value:
            guard value.kind == .object else { throw .wrongKind }
            var isEmpty = true
            value.forEachMember { _, _ in
                isEmpty = false
                return false
            }
            guard !isEmpty else { return }
            writer.key(field.name)
            try writeValue(value, depth: 0, to: &writer)
        case .message(let fields) where !field.isRepeated:
            writer.key(field.name)
            writer.beginObject()
            try writeMembers(of: value, fields, to: &writer)
            writer.endObject()
        default:
            if field.isRepeated {
                let values = try elements(of: value)
                guard !values.isEmpty else { return }
                writer.key(field.name)
                writer.beginArray()
                for value in values { try writeElement(value, field.kind, to: &writer) }
                writer.endArray()
            } else {
                let scalar = try Scalar(value, field.kind)
                guard field.hasPresence || !scalar.isDefault else { return }
                writer.key(field.name)
                scalar.write(to: &writer)
            }
        }
    }

    private static func writeElement(
        _ value: JSONView, _ kind: OTLPField.Kind, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        guard case .message(let fields) = kind else {
            return try Scalar(value, kind).write(to: &writer)
        }
        writer.beginObject()
        try writeMembers(of: value, fields, to: &writer)
        writer.endObject()
    }

    // MARK: Values

    private static func writeAttributes(
        _ pairs: [JSONView], depth: Int, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        writer.beginObject()
        for pair in pairs {
            guard pair.kind == .object else { throw .wrongKind }
            let key = pair["key"]
            guard key == nil || key?.kind == .string || key?.isNull == true else {
                throw .wrongKind
            }
            writer.key(key?.text() ?? [])
            if let value = pair["value"], !value.isNull {
                try writeValue(value, depth: depth, to: &writer)
            } else {
                writer.value(nil)
            }
        }
        writer.endObject()
    }

    private static let valueKeys = JSONPicker([
        "stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue",
        "bytesValue",
    ])

    private static func writeValue(
        _ value: JSONView, depth: Int, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        guard depth < OTLPLimit.depth else { throw .tooDeep }
        guard value.kind == .object else { throw .wrongKind }
        var slots: [JSONView?] = []
        valueKeys.pick(value, into: &slots)
        guard let index = slots.firstIndex(where: { $0?.isNull == false }),
            let content = slots[index]
        else { return writer.value(nil) }
        switch index {
        case 0: try Scalar(content, .text).write(to: &writer)
        case 1: try Scalar(content, .flag).write(to: &writer)
        case 2: try Scalar(content, .signedFixed64).write(to: &writer)
        case 3: try Scalar(content, .real).write(to: &writer)
        case 4:
            writer.beginArray()
            for element in try elements(of: content["values"]) {
                if element.isNull {
                    writer.value(nil)
                } else {
                    try writeValue(element, depth: depth + 1, to: &writer)
                }
            }
            writer.endArray()
        case 5:
            try writeAttributes(
                try elements(of: content["values"]), depth: depth + 1, to: &writer)
        default:
            guard let bytes = content.text().flatMap({ Base64.decodeLenient($0) }) else {
                throw .wrongKind
            }
            writer.value(Base64.encode(bytes))
        }
    }

    static func elements(of array: JSONView?) throws(OTLPFault) -> [JSONView] {
        guard let array, !array.isNull else { return [] }
        guard array.kind == .array else { throw .wrongKind }
        var elements: [JSONView] = []
        array.forEachElement {
            elements.append($0)
            return true
        }
        return elements
    }
}

/// One value of a field as JSON says it, checked against the field's kind.
private enum Scalar {
    case text([UInt8])
    case flag(Bool)
    case signed(Int64)
    case unsigned(UInt64)
    case real(Double)

    init(_ value: JSONView, _ kind: OTLPField.Kind) throws(OTLPFault) {
        switch kind {
        case .text:
            guard let text = value.text() else { throw .wrongKind }
            self = .text(text)
        case .id:
            guard let id = value.text(), id.count.isMultiple(of: 2), id.allSatisfy(\.isHexDigit)
            else { throw .wrongKind }
            self = .text(id.map { 0x41...0x46 ~= $0 ? $0 | 0x20 : $0 })
        case .flag:
            guard let flag = value.boolean() else { throw .wrongKind }
            self = .flag(flag)
        case .signedFixed64: self = .signed(try Self.integer(value))
        case .number, .zigzag:
            let number = try Self.integer(value)
            guard Int32(exactly: number) != nil else { throw .numberOutOfRange }
            self = .signed(number)
        case .count, .fixed64: self = .unsigned(try Self.unsigned(value))
        case .fixed32:
            let number = try Self.unsigned(value)
            guard UInt32(exactly: number) != nil else { throw .numberOutOfRange }
            self = .unsigned(number)
        case .real: self = .real(try Self.real(value))
        case .value, .attributes, .message: throw .wrongKind
        }
    }

    private static func integer(_ value: JSONView) throws(OTLPFault) -> Int64 {
        if let number = value.integerLenient() { return number }
        // The name of an enumeration's value, as protobuf's own JSON has it, is no number.
        let isNumber = value.kind == .number || value.text().map(Self.isNumber) == true
        throw isNumber ? .numberOutOfRange : .wrongKind
    }

    /// Up to 2⁶⁴ − 1, which is more than a JSON reader's integers usually hold.
    private static func unsigned(_ value: JSONView) throws(OTLPFault) -> UInt64 {
        let digits = value.number.map { String(decoding: $0, as: UTF8.self) } ?? value.string()
        if let digits, let number = UInt64(digits) { return number }
        guard let number = UInt64(exactly: try integer(value)) else { throw .numberOutOfRange }
        return number
    }

    private static func isNumber(_ text: [UInt8]) -> Bool {
        (try? JSON.validate(text)) == .number  // Only whether it is one is asked.
    }

    private static func real(_ value: JSONView) throws(OTLPFault) -> Double {
        if value.kind == .number {
            guard let number = value.double() else { throw .numberOutOfRange }
            return number
        }
        if value.equals("NaN") { return .nan }
        if value.equals("Infinity") { return .infinity }
        if value.equals("-Infinity") { return -.infinity }
        guard let text = value.text(), isNumber(text) else { throw .wrongKind }
        guard let number = text.withUnsafeBytes({ JSONView(validated: $0).double() }) else {
            throw .numberOutOfRange
        }
        return number
    }

    var isDefault: Bool {
        switch self {
        case .text(let text): text.isEmpty
        case .flag(let flag): !flag
        case .signed(let number): number == 0
        case .unsigned(let number): number == 0
        // Minus zero is told apart, as on the wire.
        case .real(let number): number.bitPattern == 0
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.value(text)
        case .flag(let flag): writer.value(flag)
        case .signed(let number): writer.value(number)
        case .unsigned(let number): writer.value(number)
        case .real(let number): writer.value(real: number)
        }
    }
}

extension Base64 {
    /// Also without `=` at the end, and with `-` and `_` for `+` and `/`, as protobuf allows.
    fileprivate static func decodeLenient(_ text: [UInt8]) -> [UInt8]? {
        var standard = text.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while !standard.count.isMultiple(of: 4) { standard.append(UInt8(ascii: "=")) }
        return decode(standard)
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        self &- 0x30 < 10 || (self | 0x20) &- 0x61 < 6
    }
}
