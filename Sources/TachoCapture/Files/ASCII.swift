// ASCII only: what is compared here are names in formats, not words of people.
extension UInt8 {
    package var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    package var isASCIIDigit: Bool { self &- 0x30 < 10 }

    package var isASCIIAlphanumeric: Bool {
        isASCIIDigit || (self | 0x20) &- UInt8(ascii: "a") < 26
    }
}
