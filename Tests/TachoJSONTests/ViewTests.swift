import Testing

@testable import TachoJSON

@Suite struct ViewTests {
    @Test func `a member is found by its key and the first of two counts`() {
        view(#" {"a":1,"b":{"c":"x"},"a":2,"n":null,"":0} "#) { object in
            #expect(object.kind == .object)
            #expect(object["a"]?.integer() == 1)
            #expect(object.field("b", "c")?.string() == "x")
            #expect(object["n"]?.isNull == true)
            #expect(object[""]?.integer() == 0)
            #expect(object["c"] == nil)
            #expect(object["a"]?["a"] == nil)
        }
    }

    @Test func `the bytes of a value are those that were written`() {
        view(#" { "a" : [ 1 , "}\"" ] , "b" : -1.50E+3 } "#) { object in
            #expect(text(object.bytes) == #"{ "a" : [ 1 , "}\"" ] , "b" : -1.50E+3 }"#)
            #expect(object["a"].map { text($0.bytes) } == #"[ 1 , "}\"" ]"#)
            #expect(object["b"].map { text($0.bytes) } == "-1.50E+3")
            #expect(object["b"]?.decimalText() == "-1.50E+3")
        }
    }

    @Test func `escapes are undone at every distance from each other and from the end`() {
        for before in 0...17 {
            for after in 0...17 {
                for (escape, text) in [("\\n", "\n"), ("\\u20ac", "€"), ("\\ud83d\\ude00", "😀")] {
                    let (left, right) = (
                        String(repeating: "ä", count: before / 2)
                            + String(repeating: "l", count: before % 2),
                        String(repeating: "r", count: after)
                    )
                    view("\"\(left)\(escape)\(right)\(escape)\"") {
                        #expect($0.string() == left + text + right + text)
                    }
                }
            }
        }
        view("\"12345678\\x\"") { #expect($0.text() == nil) }
        view("\"123\\u12\"") { #expect($0.text() == nil) }
    }

    @Test func `keys and strings are compared after their escapes are undone`() {
        view(#"{"\u0061\n\uD83D\uDE00":"\u00e9\/","b\\":1}"#) { object in
            #expect(object["a\n😀"]?.equals("é/") == true)
            #expect(object["a\n😀"]?.equals("é") == false)
            #expect(object["a\n😀"]?.text() == Array("é/".utf8))
            #expect(object["a\n"] == nil)
            #expect(object["b\\"]?.integer() == 1)
            #expect(object["b\\\\"] == nil)
        }
    }

    @Test func `members and elements come in the order in which they are written`() {
        view(#"{"b":1,"a":[true,null,"x"],"b":[]}"#) { object in
            var seen: [String] = []
            object.forEachMember { key, value in
                seen.append("\(key.string() ?? "?")=\(text(value.bytes))")
                return true
            }
            #expect(seen == ["b=1", #"a=[true,null,"x"]"#, "b=[]"])

            var kinds: [JSONKind] = []
            object["a"]?.forEachElement {
                kinds.append($0.kind)
                return kinds.count < 2
            }
            #expect(kinds == [.boolean, .null])
        }
    }

    @Test func `an answer of another kind is nil`() {
        view(#"["1",1,true,null,{},[]]"#) { array in
            var answers: [[Bool]] = []
            array.forEachElement {
                answers.append([
                    $0.string() != nil, $0.integer() != nil, $0.boolean() != nil, $0.isNull,
                ])
                return true
            }
            let no = [false, false, false, false]
            #expect(
                answers == [
                    [true, false, false, false], [false, true, false, false],
                    [false, false, true, false], [false, false, false, true], no, no,
                ])
        }
    }

    @Test(arguments: [
        #""\ud800\ud800""#, #""\ud800""#, #""\udc00""#, #""\ud800\u0041""#, #""\x""#, #""\u12""#,
        "\"abc", #""abc\""#, "\"", #""\u00g0""#,
    ])
    func `a string that damage made unreadable is absent`(json: String) {
        view(json) {
            #expect($0.text() == nil)
            #expect($0.string() == nil)
            #expect(!$0.equals("abc"))
            #expect($0.integerLenient() == nil)
        }
    }

    @Test func `members before the damage are there and those behind it are absent`() {
        for damage in ["x", "\"", "{", "1 2", "", "\\"] {
            view("{\"a\":1,\"b\":\(damage),\"c\":2") { object in
                #expect(object["a"]?.integer() == 1)
                #expect(object["d"] == nil)
            }
        }
        view(#"{"a":1 "c":2}"#) { #expect($0["c"] == nil) }
        view(#"{"a" 1,"c":2}"#) { #expect($0["c"] == nil) }
        view(#"{"a":tru}"#) { #expect($0["a"]?.boolean() == nil) }
    }

    @Test func `nothing at all is a view without answers`() {
        let empty = JSONView(validated: UnsafeRawBufferPointer(start: nil, count: 0))

        #expect(empty.kind == .null)
        #expect(empty["a"] == nil)
        #expect(empty.bytes.isEmpty)
        #expect(empty.text() == nil)
        #expect(empty.integer() == nil)
    }
}

@Suite struct PickerTests {
    static let keys: [StaticString] = ["type", "session_id", "absent", "", "data"]

    @Test func `a picker gives what the subscripts give`() {
        view(#"{"x":{"type":0},"type":1,"session_id":null,"":"e","type":2,"data":[1]}"#) { object in
            var slots: [JSONView?] = []
            JSONPicker(Self.keys).pick(object, into: &slots)

            #expect(slots.map { $0.map { text($0.bytes) } } == ["1", "null", nil, #""e""#, "[1]"])
        }
    }

    @Test func `slots of the object before are forgotten`() {
        var slots: [JSONView?] = []
        let picker = JSONPicker(["a"])
        view(#"{"a":1}"#) { picker.pick($0, into: &slots) }
        #expect(slots.count == 1)

        view("[]") { picker.pick($0, into: &slots) }

        #expect(slots.count == 1)
        #expect(slots[0] == nil)
    }
}

func view(_ json: String, _ body: (JSONView) -> Void) {
    let bytes = Array(json.utf8)
    bytes.withUnsafeBytes { body(JSONView(validated: $0)) }
}

func text(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes, as: UTF8.self)
}
