import TachoLog
import TachoProjections
import Testing

/// Sessions of Codex that begin with the history of another.
struct CodexForkTests {
    private func meta(
        _ session: String, from parent: String? = nil, in stream: String? = nil,
        at clock: String = "12:00:00", isSpawn: Bool = false, to log: inout MemoryLog
    ) {
        let fork =
            switch parent {
            case let parent? where isSpawn:
                #","source":{"subagent":{"thread_spawn":{"parent_thread_id":"\#(parent)"}}}"#
            case let parent?: #","forked_from_id":"\#(parent)""#
            case nil: ""
            }
        log.append(
            stream: stream ?? session, type: "codex.session_meta", source: "codex/session",
            time: moment(clock),
            data: #"{"payload":{"id":"\#(session)","model_provider":"openai"\#(fork)}}"#)
    }

    private func call(
        _ session: String, _ total: Int, _ last: Int, at clock: String, to log: inout MemoryLog
    ) {
        func usage(_ count: Int) -> String {
            #"{"input_tokens":\#(count),"cached_input_tokens":0,"output_tokens":\#(count)}"#
        }
        log.append(
            stream: session, type: "codex.event_msg.token_count", source: "codex/session",
            time: moment(clock),
            data:
                #"{"payload":{"info":{"total_token_usage":\#(usage(total)),"last_token_usage":\#(usage(last))}}}"#
        )
    }

    /// Two calls, 100 and 50 tokens, and a third after a fork.
    private func parent(_ session: String = "p", to log: inout MemoryLog) {
        meta(session, to: &log)
        call(session, 100, 100, at: "12:01:00", to: &log)
        call(session, 150, 50, at: "12:02:00", to: &log)
        call(session, 170, 20, at: "12:20:00", to: &log)
    }

    /// Copies at the moment of the fork, in which the parent's own record of the session is another,
    /// and a call of its own.
    private func fork(
        _ session: String = "f", of parent: String = "p", isSpawn: Bool = false, own: Int = 7,
        to log: inout MemoryLog
    ) {
        meta(session, from: parent, at: "12:10:00", isSpawn: isSpawn, to: &log)
        meta(parent, in: session, at: "12:10:00", to: &log)
        call(session, 100, 100, at: "12:10:00", to: &log)
        call(session, 150, 50, at: "12:10:00", to: &log)
        call(session, 150 + own, own, at: "12:11:00", to: &log)
    }

    private func counted(_ log: MemoryLog) throws -> [RowReader] {
        let table = try TableReader(folding: ModelUsageProjector.self, log)
        #expect(table.quarantinedCount == 0)
        return table.rows.filter { $0.boolean("is_counted") == true }
    }

    private func tokens(_ log: MemoryLog) throws -> [Int64] {
        try counted(log).compactMap { $0.integer("output_tokens") }.sorted()
    }

    @Test(arguments: [true, false], [true, false])
    func `calls that a fork has copied count once, in whatever order the files are read`(
        isParentFirst: Bool, isSpawn: Bool
    ) throws {
        var log = MemoryLog()
        if isParentFirst { parent(to: &log) }
        fork(isSpawn: isSpawn, to: &log)
        if !isParentFirst { parent(to: &log) }

        let rows = try counted(log)

        #expect(try tokens(log) == [7, 20, 50, 100])
        let first = try #require(rows.first { $0.integer("output_tokens") == 100 })
        #expect(first.text("session_id") == "p")
        #expect(first.timestamp("occurred_at") == moment("12:01:00"))
        #expect(first.integer("line_count") == 1 && first.integer("inherited_count") == 1)
        let own = try #require(rows.first { $0.integer("output_tokens") == 7 })
        #expect(own.text("session_id") == "f" && own.text("provider") == "openai")
    }

    @Test func `a fork without the file it comes from has its calls, and two forks have them once`()
        throws
    {
        var log = MemoryLog()
        fork("f", to: &log)
        fork("g", own: 9, to: &log)

        #expect(try tokens(log) == [7, 9, 50, 100])
    }

    @Test func `forks of forks find the calls of the first`() throws {
        var log = MemoryLog()
        parent(to: &log)
        fork(to: &log)
        meta("g", from: "f", at: "12:30:00", to: &log)
        for (total, last) in [(100, 100), (150, 50), (157, 7)] {
            call("g", total, last, at: "12:30:00", to: &log)
        }
        call("g", 160, 3, at: "12:31:00", to: &log)

        #expect(try tokens(log) == [3, 7, 20, 50, 100])
    }

    @Test
    func
        `what parent and forks do after the fork is not taken for the same, though it looks alike`()
        throws
    {
        var log = MemoryLog()
        parent(to: &log)
        fork("f", own: 20, to: &log)
        fork("g", own: 20, to: &log)

        #expect(try tokens(log) == [20, 20, 20, 50, 100])
    }

    @Test func `copies that took long to write are known by the calls they are copies of`() throws {
        var log = MemoryLog()
        parent(to: &log)
        meta("f", from: "p", at: "12:10:00", to: &log)
        call("f", 100, 100, at: "12:10:00", to: &log)
        call("f", 150, 50, at: "12:10:09", to: &log)
        // Said again before the first call of its own.
        call("f", 150, 50, at: "12:10:30", to: &log)
        call("f", 151, 1, at: "12:10:31", to: &log)

        #expect(try tokens(log) == [1, 20, 50, 100])
    }

    @Test func `a subagent that begins anew has its own calls`() throws {
        var log = MemoryLog()
        parent(to: &log)
        meta("f", from: "p", at: "12:10:00", isSpawn: true, to: &log)
        call("f", 30, 30, at: "12:10:20", to: &log)
        call("f", 130, 100, at: "12:11:00", to: &log)

        #expect(try tokens(log) == [20, 30, 50, 100, 100])
    }

    @Test func `sessions that are forks of each other end`() throws {
        var log = MemoryLog()
        meta("a", from: "b", to: &log)
        meta("b", from: "a", to: &log)
        call("a", 5, 5, at: "12:30:00", to: &log)
        call("b", 6, 6, at: "12:30:00", to: &log)

        #expect(try tokens(log) == [5, 6])
    }
}
