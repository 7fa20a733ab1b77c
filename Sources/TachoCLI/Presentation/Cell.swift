import TachoJSON
import TachoLog

/// One value of a report, in the forms that people, JSON, and CSV want it in.
enum Cell {
    case unknown
    case text(String)
    /// A number that names something: never grouped.
    case number(Int64)
    /// A number of things: `1,234` for people.
    case count(Int)
    case real(Double)
    case boolean(Bool)
    case moment(Timestamp)
    /// Pico-dollars; dollars in decimal for programs.
    case money(Int64, exact: String)
    case byteCount(Int)
    case seconds(Double)
    case json([UInt8])

    static func text(_ text: String?) -> Cell {
        text.map { .text($0) } ?? .unknown
    }

    /// To two decimals; unknown of nothing.
    static func percent(_ part: Int, of whole: Int) -> Cell {
        whole == 0 ? .unknown : .real((Double(part) / Double(whole) * 10_000).rounded() / 100)
    }

    var isNumber: Bool {
        switch self {
        case .number, .count, .real, .money, .byteCount, .seconds: true
        case .unknown, .text, .boolean, .moment, .json: false
        }
    }

    /// For people; nothing in it acts on a terminal.
    var display: String {
        switch self {
        case .unknown: "-"
        case .text(let text): TerminalText.sanitized(text)
        case .number(let number): String(number)
        case .count(let count): Quantity.count(count)
        case .real(let number): Self.shortened(number)
        case .boolean(let boolean): boolean ? "yes" : "no"
        case .moment(let moment): Quantity.moment(moment)
        case .money(let picoDollars, _): Quantity.dollars(picoDollars: picoDollars)
        case .byteCount(let count): Quantity.bytes(count)
        case .seconds(let seconds): Quantity.duration(seconds: seconds)
        case .json(let json): TerminalText.sanitized(String(decoding: json, as: UTF8.self))
        }
    }

    /// For CSV: exact, without units; nothing for what is unknown.
    var plain: String {
        switch self {
        case .unknown: ""
        case .text(let text): text
        case .number(let number): String(number)
        case .count(let count), .byteCount(let count): String(count)
        case .real(let number), .seconds(let number): String(number)
        case .boolean(let boolean): boolean ? "true" : "false"
        case .moment(let moment): moment.description
        case .money(_, let exact): exact
        case .json(let json): String(decoding: json, as: UTF8.self)
        }
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .unknown: writer.value(nil)
        case .text(let text): writer.value(text)
        case .number(let number): writer.value(number)
        case .count(let count), .byteCount(let count): writer.value(count)
        case .real(let number), .seconds(let number): writer.value(number)
        case .boolean(let boolean): writer.value(boolean)
        case .moment(let moment): writer.value(moment.iso8601)
        case .money(_, let exact): writer.value(exact)
        case .json(let json): writer.rawValue(json)
        }
    }

    /// Without the noise behind the third digit after the point; of what is below 1, behind the
    /// third that is not zero: a small number is not none.
    private static func shortened(_ number: Double) -> String {
        guard number.isFinite, number.magnitude < 1e12, number.magnitude >= 1e-9 || number == 0
        else { return String(number) }
        var digits = 3
        var first = number.magnitude
        while first < 0.1, first > 0 {
            first *= 10
            digits += 1
        }
        var text = Quantity.fixed(number, digits)
        while text.hasSuffix("0") { text.removeLast() }
        if text.hasSuffix(".") { text.removeLast() }
        return text
    }
}
