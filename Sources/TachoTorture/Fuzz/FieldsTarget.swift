internal import TachoJSON

/// Fields of an object, found by bits, against a walk over all of its members.
///
/// Valid or not, the bytes are searched, and what is found lies inside of them.
struct FieldsTarget: FuzzTarget {
    let name = "fields"

    private static let keys = ["a", "tool_name", "duration_ms", "12345678", "é", ""]
    private static let fields = JSONFields(keys)
    private static let samples: [[UInt8]] = [
        #"{"a":1,"b":{"a":2,"tool_name":[{}]},"tool_name":"Bash","duration_ms":7,"12345678":null}"#,
        #"{"x":"\",\"a\":1,\\\\","\\":"\\","a" : "}" ,"tool_nam\u0065":[1,{"é":[]}],"é":"ü","":0}"#,
        #" {"text":"0123456789012345678901234567890123456789012345678901234567","a":"\\\"","":{"":{}}} "#,
    ].map { Array($0.utf8) }

    func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        var bytes = Self.samples[random.below(Self.samples.count)]
        random.shift(&bytes, behind: 0x7B, by: 0x20)
        if !random.once(in: 5) { random.mutate(&bytes) }
        return bytes
    }

    func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        let isValid = (try? JSON.validate(input)) != nil  // try?: only whether it is accepted
        return input.withUnsafeBytes { bytes in
            var found = [[UInt8]?](repeating: nil, count: Self.keys.count)
            var fault: String?
            Self.fields.forEach(in: bytes) { index, value in
                if found[index] != nil { fault = "\(Self.keys[index]) twice" }
                found[index] = Array(value.bytes)
                if !Self.isInside(value.bytes, bytes) { fault = "left the bytes" }
            }
            if planted != nil { found[0] = nil }
            if isValid, found != Self.walked(bytes) { fault = "found otherwise" }
            if let fault { return .fault("\(fault): \(input)") }
            return isValid ? .accepted : .refused
        }
    }

    private static func isInside(
        _ part: UnsafeRawBufferPointer, _ whole: UnsafeRawBufferPointer
    ) -> Bool {
        guard let part = part.baseAddress.map({ $0..<$0 + part.count }),
            let whole = whole.baseAddress.map({ $0..<$0 + whole.count })
        else { return false }
        return whole.lowerBound <= part.lowerBound && part.upperBound <= whole.upperBound
    }

    /// The first member of each key, by looking at all of them.
    private static func walked(_ bytes: UnsafeRawBufferPointer) -> [[UInt8]?] {
        var found = [[UInt8]?](repeating: nil, count: keys.count)
        JSONView(validated: bytes).forEachMember { key, value in
            let index = key.text().flatMap { text in
                keys.firstIndex { $0.utf8.elementsEqual(text) }
            }
            if let index, found[index] == nil { found[index] = Array(value.bytes) }
            return true
        }
        return found
    }
}
