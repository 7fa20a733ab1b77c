import Testing

@testable import TachoJSON

@Suite struct NumberTests {
    @Test(
        arguments: [
            ("0", 0), ("-0", 0), ("-0.0e9", 0), ("12", 12), ("12.0", 12), ("12.00e1", 120),
            ("1e3", 1000), ("1200e-2", 12), ("0.5e1", 5), ("-7", -7),
            ("007", 7), ("99999999999999999", 99_999_999_999_999_999),
            ("999999999999999999", 999_999_999_999_999_999),
            ("1234567890123456789", 1_234_567_890_123_456_789),
            ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("922337203685477580700e-2", Int64.max), ("0e99999999999999999999", 0),
            ("0.000000000000000000000000000001e30", 1), ("1E18", 1_000_000_000_000_000_000),
        ] as [(String, Int64)])
    func `an integer is exact however it is written`(json: String, expected: Int64) {
        view(json) { #expect($0.integer() == expected) }
    }

    @Test(arguments: [
        "0.5", "1e-1", "9223372036854775808", "-9223372036854775809", "1e19", "1e400", "123e-1",
        "18446744073709551616", "99999999999999999999999999", "1e99999999999999999999",
        "\"1\"", "null", "true", "[1]", "1.5", "12e", "12x", "12-", "123456789012345678.5",
    ])
    func `what is no integer of 64 bits is nil`(json: String) {
        view(json) { #expect($0.integer() == nil) }
    }

    @Test func `a string that holds an integer counts where it is asked for`() {
        view("\"42\"") { #expect($0.integerLenient() == 42) }
        view("\"-42\"") { #expect($0.integerLenient() == -42) }
        view("\"\\u0034\"") { #expect($0.integerLenient() == 4) }
        view("42") { #expect($0.integerLenient() == 42) }
        for none in ["\"\"", "\"-\"", "\"4 \"", "\"4x\"", "\"1.\"", "\".5\"", "\"1e\"", "null"] {
            view(none) { #expect($0.integerLenient() == nil) }
        }
    }

    @Test(arguments: [
        "0", "0.1", "-0.0001", "1e22", "1e23", "9007199254740993", "9007199254740993.0",
        "0.30000000000000004", "2.2250738585072011e-308", "5e-324", "2.4703282292062328e-324",
        "1.7976931348623157e308", "123456789012345678901234567890", "8.98846567431158e307",
        "6929495644600919.5", "3.14159265358979323846264338327950288", "1e-400",
    ])
    func `a double is the nearest one`(json: String) {
        view(json) { #expect($0.double() == Double(json)) }
    }

    @Test func `a double decides between neighbours by the last of a thousand digits`() {
        // Half way between 1 and the next Double, which ends on an even one; then a little more.
        let half = "1.00000000000000011102230246251565404236316680908203125"
        view(half) { #expect($0.double() == 1) }
        view(half + String(repeating: "0", count: 2000)) { #expect($0.double() == 1) }
        view(half + String(repeating: "0", count: 2000) + "1") {
            #expect($0.double() == Double(1).nextUp)
        }
        view("0." + String(repeating: "0", count: 3000) + "25e3001") { #expect($0.double() == 2.5) }
        view("25" + String(repeating: "0", count: 3000) + "e-3001") { #expect($0.double() == 2.5) }
    }

    @Test func `minus zero keeps its sign and what is too large is unknown`() {
        view("-0") { #expect($0.double()?.sign == .minus) }
        view("-0e5") { #expect($0.double()?.sign == .minus) }
        view("1e400") { #expect($0.double() == nil) }
        view("\"1\"") { #expect($0.double() == nil) }
    }
}
