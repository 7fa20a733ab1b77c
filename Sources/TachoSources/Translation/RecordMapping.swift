import TachoCapture
import TachoJSON
package import TachoLog

/// Where the parts of an event stand in the records of a program that nobody here knows.
///
/// A part is found at a path of member names, or is the same for all records. What is not found is
/// the constant; without one, the type is `ndjson.record`, the stream the file's name, the id of the
/// chain (``PrefixChain``), there is no time, and the data are the whole record.
package struct RecordMapping: Hashable, Sendable {
    package enum Part: String, CaseIterable, Sendable {
        case type, stream, id, time, data
    }

    /// Why a mapping cannot be used, in words for the command line.
    package struct Fault: Error, Hashable, Sendable {
        package let message: String
    }

    /// Names from the outside in; a number picks an element of an array.
    package private(set) var paths: [Part: [[UInt8]]] = [:]
    package var type: ByteString?
    package var stream: ByteString?
    package var source: ByteString = "ndjson"

    package init() {}

    /// Adds `part=name.name`; `\.` is a dot inside a name.
    package mutating func add(_ text: String) throws(Fault) {
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, let part = Part(rawValue: String(sides[0])) else {
            let parts = Part.allCases.map(\.rawValue).joined(separator: ", ")
            throw Fault(
                message: "\"\(text)\" is no mapping: write part=path, with a part of \(parts)")
        }
        guard paths[part] == nil else {
            throw Fault(message: "\"\(part.rawValue)\" is mapped twice")
        }
        let names = Self.names(Array(sides[1].utf8))
        guard !names.contains([]) else {
            throw Fault(message: "the path of \"\(text)\" has an empty name")
        }
        paths[part] = names
    }

    /// The same text for the same mapping.
    var rules: String {
        let constants = [type, stream, source].map { $0?.description ?? "" }
        let paths = Part.allCases.map { part -> String in
            let names: [[UInt8]] = self.paths[part] ?? []
            return names.map { String(decoding: $0.hexadecimal, as: UTF8.self) }
                .joined(separator: ".")
        }
        return (constants + paths).joined(separator: ",")
    }

    private static func names(_ path: [UInt8]) -> [[UInt8]] {
        var names: [[UInt8]] = [[]]
        var index = 0
        while index < path.count {
            switch path[index] {
            case UInt8(ascii: "\\") where index + 1 < path.count:
                index += 1
                names[names.count - 1].append(path[index])
            case UInt8(ascii: "."): names.append([])
            default: names[names.count - 1].append(path[index])
            }
            index += 1
        }
        return names
    }

    /// The value at a part's path; `nil` if there is no path, no such value, or `null`.
    func value(_ part: Part, in record: JSONView) -> JSONView? {
        guard let names = paths[part] else { return nil }
        var value = record
        for name in names {
            guard let next = Self.child(name, of: value) else { return nil }
            value = next
        }
        return value.isNull ? nil : value
    }

    private static func child(_ name: [UInt8], of value: JSONView) -> JSONView? {
        var found: JSONView?
        if value.kind == .array {
            guard var rest = Int(String(decoding: name, as: UTF8.self)), rest >= 0 else {
                return nil
            }
            value.forEachElement { element in
                if rest == 0 { found = element }
                rest -= 1
                return found == nil
            }
            return found
        }
        value.forEachMember { key, member in
            if key.withText({ $0.elementsEqual(name) }) == true { found = member }
            return found == nil
        }
        return found
    }

    /// A value's text: of a string what it says, of a number or a boolean how it is written.
    func text(_ part: Part, in record: JSONView) -> [UInt8]? {
        guard let value = value(part, in: record) else { return nil }
        let text: [UInt8]?
        switch value.kind {
        case .string: text = value.text()
        case .number, .boolean: text = Array(value.bytes)
        default: text = nil
        }
        return text?.isEmpty == true ? nil : text
    }

    /// A moment as ISO 8601, or as a number since 1970 whose size tells its unit.
    ///
    /// Below 10¹¹ they are seconds (up to the year 5138), below 10¹⁴ milliseconds, below 10¹⁷
    /// microseconds, else nanoseconds. More than microseconds is cut off.
    func time(in record: JSONView) -> Timestamp? {
        guard let text = text(.time, in: record) else { return nil }
        return Timestamp(iso8601: text) ?? Self.epoch(text)
    }

    private static func epoch(_ text: [UInt8]) -> Timestamp? {
        let parts = text.split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, (1...19).contains(whole.count),
            let number = Int64(String(decoding: whole, as: UTF8.self)), number >= 0
        else { return nil }
        let digits = parts.count > 1 ? Array(parts[1]) : []
        guard digits.allSatisfy(\.isASCIIDigit) else { return nil }
        // Digits of the fraction that still count, and what brings the whole to microseconds.
        let (places, factor, divisor): (Int, Int64, Int64)
        switch number {
        case ..<100_000_000_000: (places, factor, divisor) = (6, 1_000_000, 1)
        case ..<100_000_000_000_000: (places, factor, divisor) = (3, 1_000, 1)
        case ..<100_000_000_000_000_000: (places, factor, divisor) = (0, 1, 1)
        default: (places, factor, divisor) = (0, 1, 1_000)
        }
        var fraction: Int64 = 0
        for place in 0..<places {
            fraction = fraction * 10 + (place < digits.count ? Int64(digits[place] - 0x30) : 0)
        }
        let time = Timestamp(microseconds: number / divisor * factor + fraction)
        return Timestamp.recordable.contains(time) ? time : nil
    }
}
