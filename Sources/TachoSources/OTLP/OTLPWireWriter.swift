import TachoCapture
import TachoJSON
import TachoLog

/// Writes OTLP messages in protobuf as the members of our events.
///
/// Says exactly what ``OTLPJSONWriter`` says of the same message in JSON.
enum OTLPWireWriter {
    /// Writes the members of a message, in the order of `fields`, without what is 0 or empty.
    ///
    /// - Parameters:
    ///   - parts: The message's bytes; of several the fields count as of one message.
    ///   - fields: Of the message.
    ///   - writer: Inside an object.
    /// - Throws: ``OTLPFault``; the writer then holds a part of the members.
    static func writeMembers(
        of parts: [UnsafeRawBufferPointer], _ fields: [OTLPField], to writer: inout JSONWriter
    ) throws(OTLPFault) {
        var found: [[OTLPWire.Value]] = Array(repeating: [], count: fields.count)
        for part in parts {
            var wire = OTLPWire(part)
            while let (number, value) = try wire.next() {
                if let index = fields.firstIndex(where: { $0.number == number }) {
                    found[index].append(value)
                }
            }
        }
        for (field, values) in zip(fields, found) where !values.isEmpty {
            try write(values, field, to: &writer)
        }
    }

    private static func write(
        _ values: [OTLPWire.Value], _ field: OTLPField, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        switch field.kind {
        case .attributes:
            writer.key(field.name)
            try writeAttributes(try values.map(bytes), depth: 0, to: &writer)
        case .message(let fields) where !field.isRepeated:
            writer.key(field.name)
            writer.beginObject()
            try writeMembers(of: try values.map(bytes), fields, to: &writer)
            writer.endObject()
        case .value:
            let parts = try values.map(bytes)
            // An empty value says nothing, like none.
            guard parts.contains(where: { !$0.isEmpty }) else { return }
            writer.key(field.name)
            try writeValue(parts, depth: 0, to: &writer)
        default:
            if field.isRepeated {
                writer.key(field.name)
                writer.beginArray()
                for value in values { try writeElements(value, field, to: &writer) }
                writer.endArray()
            } else if let last = values.last, try !isDefault(last, field) {
                writer.key(field.name)
                try writeScalar(last, field.kind, to: &writer)
            }
        }
    }

    /// Numbers of a repeated field may stand packed in one value.
    private static func writeElements(
        _ value: OTLPWire.Value, _ field: OTLPField, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        guard case .bytes(let packed) = value else {
            return try writeScalar(value, field.kind, to: &writer)
        }
        var wire = OTLPWire(packed)
        switch field.kind {
        case .message(let fields):
            writer.beginObject()
            try writeMembers(of: [packed], fields, to: &writer)
            writer.endObject()
        case .fixed64, .signedFixed64, .real:
            while wire.offset < packed.count {
                try writeScalar(.fixed64(try wire.fixed(UInt64.self)), field.kind, to: &writer)
            }
        case .fixed32:
            while wire.offset < packed.count {
                try writeScalar(.fixed32(try wire.fixed(UInt32.self)), field.kind, to: &writer)
            }
        case .count, .number, .zigzag, .flag:
            while wire.offset < packed.count {
                try writeScalar(.varint(try wire.varint()), field.kind, to: &writer)
            }
        default: try writeScalar(value, field.kind, to: &writer)
        }
    }

    private static func isDefault(
        _ value: OTLPWire.Value, _ field: OTLPField
    ) throws(OTLPFault) -> Bool {
        if field.hasPresence { return false }
        return switch value {
        case .varint(let number): number == 0
        case .fixed64(let bits): bits == 0
        case .fixed32(let number): number == 0
        case .bytes(let bytes): bytes.isEmpty
        }
    }

    private static func writeScalar(
        _ value: OTLPWire.Value, _ kind: OTLPField.Kind, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        switch (kind, value) {
        case (.text, .bytes(let text)): writer.value(try utf8(text))
        case (.id, .bytes(let id)): writer.value(Array(id).hexadecimal)
        case (.flag, .varint(let number)): writer.value(number != 0)
        case (.count, .varint(let number)): writer.value(number)
        case (.number, .varint(let number)):
            writer.value(Int64(Int32(truncatingIfNeeded: number)))
        case (.zigzag, .varint(let number)):
            let magnitude = Int64(bitPattern: number >> 1)
            writer.value(number & 1 == 0 ? magnitude : ~magnitude)
        case (.fixed64, .fixed64(let number)): writer.value(number)
        case (.signedFixed64, .fixed64(let bits)): writer.value(Int64(bitPattern: bits))
        case (.fixed32, .fixed32(let number)): writer.value(UInt64(number))
        case (.real, .fixed64(let bits)): writer.value(real: Double(bitPattern: bits))
        default: throw .wrongKind
        }
    }

    private static func bytes(
        _ value: OTLPWire.Value
    ) throws(OTLPFault) -> UnsafeRawBufferPointer {
        guard case .bytes(let bytes) = value else { throw .wrongKind }
        return bytes
    }

    private static func utf8(
        _ text: UnsafeRawBufferPointer
    ) throws(OTLPFault) -> UnsafeRawBufferPointer {
        guard JSON.isWellFormedUTF8(text) else { throw .invalidUTF8 }
        return text
    }

    // MARK: Values

    private static func writeAttributes(
        _ pairs: [UnsafeRawBufferPointer], depth: Int, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        writer.beginObject()
        for pair in pairs {
            var key = UnsafeRawBufferPointer(start: nil, count: 0)
            var parts: [UnsafeRawBufferPointer] = []
            var wire = OTLPWire(pair)
            while let (number, value) = try wire.next() {
                if number == 1 { key = try utf8(try bytes(value)) }
                if number == 2 { parts.append(try bytes(value)) }
            }
            writer.key(Array(key))
            try writeValue(parts, depth: depth, to: &writer)
        }
        writer.endObject()
    }

    /// `AnyValue`: the last of its fields counts.
    private static func writeValue(
        _ parts: [UnsafeRawBufferPointer], depth: Int, to writer: inout JSONWriter
    ) throws(OTLPFault) {
        guard depth < OTLPLimit.depth else { throw .tooDeep }
        var last: (number: UInt64, value: OTLPWire.Value)?
        for part in parts {
            var wire = OTLPWire(part)
            while let field = try wire.next() {
                if 1...7 ~= field.number { last = field }
            }
        }
        guard let last else { return writer.value(nil) }
        switch (last.number, last.value) {
        case (1, .bytes(let text)): writer.value(try utf8(text))
        case (2, .varint(let number)): writer.value(number != 0)
        case (3, .varint(let number)): writer.value(Int64(bitPattern: number))
        case (4, .fixed64(let bits)): writer.value(real: Double(bitPattern: bits))
        case (5, .bytes(let array)):
            writer.beginArray()
            for element in try elements(of: array) {
                try writeValue([element], depth: depth + 1, to: &writer)
            }
            writer.endArray()
        case (6, .bytes(let list)):
            try writeAttributes(try elements(of: list), depth: depth + 1, to: &writer)
        case (7, .bytes(let bytes)): writer.value(Base64.encode(Array(bytes)))
        default: throw .wrongKind
        }
    }

    /// Field 1 of an `ArrayValue` or a `KeyValueList`.
    private static func elements(
        of list: UnsafeRawBufferPointer
    ) throws(OTLPFault) -> [UnsafeRawBufferPointer] {
        var elements: [UnsafeRawBufferPointer] = []
        var wire = OTLPWire(list)
        while let (number, value) = try wire.next() {
            if number == 1 { elements.append(try bytes(value)) }
        }
        return elements
    }
}

/// How much of OTLP is read; what is beyond is refused, not cut.
enum OTLPLimit {
    /// Values in values: real ones have two levels (`shared/data/SHAPES.md`).
    static let depth = 64
}

extension JSONWriter {
    /// A number, or protobuf's word for what JSON has no number for.
    mutating func value(real number: Double) {
        if number.isFinite {
            value(number)
        } else if number.isNaN {
            value("NaN" as StaticString)
        } else {
            value((number < 0 ? "-Infinity" : "Infinity") as StaticString)
        }
    }
}
