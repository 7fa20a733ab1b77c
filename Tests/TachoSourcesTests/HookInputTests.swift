import Foundation
import TachoCapture
import TachoJSON
import TachoLog
import TachoSources
import Testing

@Suite struct HookInputTests {
    private static let time = Timestamp(milliseconds: 1_766_052_000_091)
    private static let session = "{\"session_id\":\"s1\",\"cwd\":\"/w\"}"

    private func event(
        _ text: String, _ environment: HookEnvironment = HookEnvironment()
    ) throws -> NewEvent {
        try HookInput.event(
            Array(text.utf8), environment: environment, id: "id", time: Self.time)
    }

    @Test func `the golden workflow ids are derived`() throws {
        let file = try Data(contentsOf: URL(filePath: fixture("golden/hook_capture.public.json")))
        let golden = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
        let cases = try #require(golden["cases"] as? [[String: Any]])

        for example in cases {
            let input = try #require(example["input"] as? [String: Any])
            let expected = try #require(example["expected"] as? [String: Any])
            let environment = try #require(input["env"] as? [String: String])
            let directory = try #require(input["cwd"] as? String)

            let derived = WorkflowID.derive(
                workflowID: environment["WORKFLOW_ID"].map { Array($0.utf8) },
                adwID: environment["ADW_ID"].map { Array($0.utf8) },
                currentDirectory: Array("/scratch/\(directory)".utf8))

            let text = derived.map { String(decoding: $0, as: UTF8.self) }
            #expect(text == expected["workflow_id"] as? String, "\(example["id"] ?? "")")
        }
        #expect(cases.count == 18)
    }

    @Test(arguments: [("wf-abc", "abc"), ("abc", "abc"), ("wf-wf-a", "wf-a"), ("W f", "W f")])
    func `a stream is the workflow without its prefix`(id: String, stream: String) {
        #expect(WorkflowID.stream(Array(id.utf8)) == ByteString(stream))
    }

    @Test func `a payload becomes an event with its bytes as given`() throws {
        let text = "{ \"session_id\":\"s1\" ,\"hook_event_name\":\"PreToolUse\",\"n\":1.00,\"n\":2}"

        let event = try event(text)

        #expect(event.text == text)
        #expect(event.type == "hook.PreToolUse")
        #expect(event.stream == "s1")
        #expect(event.source == "claude-code/hook")
        #expect(event.time == Self.time)
    }

    @Test func `a pretty-printed payload is put on one line`() throws {
        let event = try event("{\n  \"hook_event_name\": \"Stop\",\r\n  \"a\": \"x\"\n}\n")

        #expect(event.text == "{  \"hook_event_name\": \"Stop\",  \"a\": \"x\"}")
        try event.validate()
    }

    @Test func `all documented events keep their names`() throws {
        for name in HookEvent.names {
            let event = try event("{\"hook_event_name\":\"\(name)\"}")
            #expect(event.type == ByteString("hook.\(name)"))
        }
        #expect(HookEvent.names.count == 31)
    }

    @Test(
        arguments: [
            ("Fancy.New-Event_2", "hook.Fancy.New-Event_2"), ("a b", "hook.unknown"),
            ("", "hook.unknown"), ("ü", "hook.unknown"), ("a\\\"b", "hook.unknown"),
            (String(repeating: "x", count: 64), "hook." + String(repeating: "x", count: 64)),
            (String(repeating: "x", count: 65), "hook.unknown"),
        ])
    func `an unknown event keeps a name that may stand in a type`(name: String, type: String) throws
    {
        #expect(try event("{\"hook_event_name\":\"\(name)\"}").type == ByteString(type))
    }

    @Test func `the stream is the workflow, else the session, else unknown`() throws {
        let workflow = HookEnvironment(workflowID: Array("wf-7".utf8), adwID: Array("8".utf8))
        let adw = HookEnvironment(workflowID: [], adwID: Array("8".utf8))
        let tree = HookEnvironment(currentDirectory: Array("/r/trees/9/app".utf8))

        #expect(try event(Self.session, workflow).stream == "7")
        #expect(try event(Self.session, adw).stream == "8")
        #expect(try event(Self.session, tree).stream == "9")
        #expect(try event("{\"session_id\":\"s1\",\"cwd\":\"/r/trees/10\"}").stream == "10")
        #expect(try event(Self.session).stream == "s1")
        #expect(try event("{\"session_id\":null}").stream == "unknown")
        #expect(try event("{\"session_id\":7}").stream == "unknown")
        #expect(try event("{\"session_id\":\"a\\\"b\"}").stream == "a%22b")
    }

    @Test(
        arguments: [
            ("", RejectionReason.json(.emptyInput), 0), ("{\"a\":", .json(.unexpectedEnd), 5),
            ("[]", .json(.notAnObject), 0), ("7", .json(.notAnObject), 0),
            ("{} {}", .json(.trailingBytes), 3), ("\u{0}\u{1}", .json(.unexpectedByte), 0),
            ("{\"a\":\"\\ud800\"}", .json(.loneSurrogate), 6),
        ])
    func `what is no object is rejected with its bytes`(
        text: String, reason: RejectionReason, offset: Int
    ) throws {
        let rejected = #expect(throws: RejectedRecord.self) { try event(text) }

        #expect(rejected?.reason == reason)
        #expect(rejected?.faultOffset == offset)
        #expect(rejected?.excerpt == Array(text.utf8))
        #expect(rejected?.byteCount == text.utf8.count)
    }
}
