import Testing

@testable import TachoJSON

/// All of a small space: each cut and each byte of a document that holds one of everything.
@Suite struct SmallWorldTests {
    static let document = Array(
        #"""
         {"type":"tool.call","session_id":"0199","a":{"b":[1,-0,12.50e+3,1E-400,[],{}]},
        "text":"tab\t quote\" back\\ slash\/ \u00e9 \uD83D\uDE00 é € 😀 漢","":null,"a":true,
        "\u0061":false,"12345678":"a string that is longer than two words","n":[[[0.1,{"x":"y"}]]],
        "123456789":9223372036854775808,"tool_use_id" : "toolu_01" } 
        """#.utf8)

    @Test func `every cut reads the same as by the oracle`() {
        var agreement = Agreement()
        for count in 0...Self.document.count {
            let cut = Array(Self.document[..<count])
            for atStart in [true, false] {
                let difference = agreement.difference(cut, atStart: atStart)
                #expect(difference == nil)
            }
            let suffix = Array(Self.document[count...])
            #expect(agreement.difference(suffix) == nil)
        }
        #expect(agreement.acceptedCount > 0)
    }

    @Test(arguments: 0..<4)
    func `every byte replaced by every other reads the same as by the oracle`(part: Int) {
        var agreement = Agreement()
        for offset in Self.document.indices where offset % 4 == part {
            var damaged = Self.document
            for byte in UInt8.min...UInt8.max {
                damaged[offset] = byte
                if let difference = agreement.difference(damaged) {
                    Issue.record("\(difference)")
                    return
                }
            }
        }
    }

    @Test func `every sequence of two bytes and its neighbours is judged as text by the oracle`() {
        var agreement = Agreement()
        let thirds: [[UInt8]] = [
            [], [0x80], [0xBF], [0x7F], [0x80, 0x80], [0xBF, 0xBF], [0x80, 0xC0],
        ]
        for first in UInt8(0x7F)...0xFF {
            for second in UInt8(0x70)...0xD0 {
                for rest in thirds {
                    let bytes = [0x22, first, second] + rest + [0x22]
                    if let difference = agreement.difference(bytes) {
                        Issue.record("\(difference)")
                        return
                    }
                }
            }
        }
    }
}
