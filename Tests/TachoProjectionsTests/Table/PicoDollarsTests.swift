import TachoProjections
import Testing

struct PicoDollarsTests {
    @Test(arguments: [
        ("0", 0), ("1", 1_000_000_000_000), ("-0.5", -500_000_000_000),
        ("0.06936674999999999", 69_366_750_000), ("1e-12", 1), ("15E-6", 15_000_000),
        ("0.0000000000005", 0), ("0.0000000000015", 2), ("0.0000000000025", 2),
        ("0.00000000000250000000000000000000000000000000000001", 3),
        ("0.0000000000025000000000000000000000000000000000000", 2),
        ("9223372.036854775807", .max), ("1e-400", 0), ("0e999", 0), ("0.000", 0),
    ])
    func `decimal text is rounded to pico-dollars, half to even`(text: String, amount: Int64) {
        #expect(text.withBytes { PicoDollars.parse($0) } == amount)
    }

    @Test(arguments: ["", "x", "1.5x", "9223372.036854775808", "1e99", "1e9999999", "-", "."])
    func `what is no amount of 64 bits is unknown`(text: String) {
        #expect(text.withBytes { PicoDollars.parse($0) } == nil)
    }

    @Test(arguments: [0, 1, -1, 69_366_750_000, 3_000_000_000_000, .max, .min])
    func `an amount's text reads back`(amount: Int64) {
        let text = String(decoding: PicoDollars.text(amount), as: UTF8.self)

        #expect(amount == .min || text.withBytes { PicoDollars.parse($0) } == amount)
    }
}

extension String {
    /// Lends the text as bytes.
    fileprivate func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(utf8).withUnsafeBytes(body)
    }
}
