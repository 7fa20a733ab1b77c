import TachoLog
import Testing

@Suite struct EnvelopeTextTests {
    /// Texts of up to 40 bytes are looked at in four ways, by their length.
    @Test func `one byte that may not stand in a text is found at every place`() {
        let forbidden: [UInt8] = Array(0x00...0x1F) + [0x22, 0x5C] + Array(0x7F...0xFF)
        for count in 1...40 {
            let plain = [UInt8](repeating: 0x7E, count: count)
            #expect(EnvelopeText.isValid(ByteString(plain)))
            for place in 0..<count {
                for byte in forbidden {
                    var text = plain
                    text[place] = byte
                    #expect(!EnvelopeText.isValid(ByteString(text)), "\(byte) at \(place)")
                }
            }
        }
    }

    @Test func `text beyond ASCII is valid if it is UTF-8`() {
        for count in 0...40 {
            let text = String(repeating: "x", count: count) + "é"
            #expect(EnvelopeText.isValid(ByteString(text)))
            #expect(!EnvelopeText.isValid(ByteString(text + "\"")))
        }
        #expect(!EnvelopeText.isValid(ByteString("")))
        #expect(EnvelopeText.isValid(ByteString([UInt8](repeating: 0x61, count: 512))))
        #expect(!EnvelopeText.isValid(ByteString([UInt8](repeating: 0x61, count: 513))))
    }
}
