import TachoLog
import TachoProjections
import Testing

struct AdwLocksProjectorTests {
    /// `acquired 42 a 10:00:00`: change, issue, workflow (`-` is none), clock.
    private func table(_ changes: [String]) throws -> TableReader {
        var log = MemoryLog()
        for change in changes {
            let words = change.split(separator: " ").map(String.init)
            let workflow = words[2] == "-" ? "" : #","adw_id":"\#(words[2])""#
            let type = words[0].hasPrefix("workflow.") ? words[0] : "lock." + words[0]
            log.append(
                stream: "default", type: type,
                time: Timestamp(
                    iso8601: "2026-01-\(words.count > 4 ? words[4] : "02")T\(words[3])Z"),
                data: #"{"issue_number":\#(words[1])\#(workflow)}"#)
        }
        return try TableReader(folding: AdwLocksProjector.self, log)
    }

    @Test func `a lock has a holder from its taking to its release`() throws {
        let held = try table(["acquired 42 wf-a 10:00:00"]).row("42")
        let free = try table(["acquired 42 a 10:00:00", "released 42 a 11:00:00"]).row("42")

        #expect(held.integer("issue_number") == 42)
        #expect(held.boolean("is_held") == true)
        #expect(held.text("adw_id") == "a")
        #expect(held.text("status") == "planning")
        #expect(held.timestamp("acquired_at") == moment("10:00:00"))
        #expect(free.boolean("is_held") == false)
        #expect(free.text("adw_id") == nil)
        #expect(free.text("status") == nil)
        #expect(free.timestamp("acquired_at") == nil)
        #expect(free.timestamp("released_at") == moment("11:00:00"))
        #expect(free.text("release_reason") == "released")
        #expect(free.text("last_adw_id") == "a")
    }

    @Test func `another workflow is refused, the holder itself is not`() throws {
        let row = try table([
            "acquired 42 a 10:00:00", "acquired 42 b 10:00:01", "acquired 42 a 10:00:02",
            "acquired 42 c 10:00:03", "acquired 7 c 10:00:04",
        ]).row("42")

        #expect(row.text("adw_id") == "a")
        #expect(row.integer("acquire_count") == 1)
        #expect(row.integer("refused_count") == 2)
        #expect(row.text("last_refused_adw_id") == "c")
        #expect(row.timestamp("last_refused_at") == moment("10:00:03"))
        #expect(row.timestamp("acquired_at") == moment("10:00:00"))
    }

    @Test func `only the holder changes or releases; force and expiry need no name`() throws {
        let start = "acquired 42 a 10:00:00"
        func reason(_ change: String) throws -> String? {
            try table([start, change]).row("42").text("release_reason")
        }

        #expect(try reason("released 42 b 10:00:01") == nil)
        #expect(try reason("expired 42 b 10:00:01") == nil)
        #expect(try reason("expired 42 a 10:00:01") == "expired")
        #expect(try reason("expired 42 - 10:00:01") == "expired")
        #expect(try reason("force_released 42 - 10:00:01") == "force_released")
        #expect(try reason("force_released 42 b 10:00:01") == "force_released")
        let refused = try table([start, "acquired 42 b 10:00:01", "released 42 b 10:00:02"])
        #expect(try refused.row("42").text("adw_id") == "a")
    }

    @Test func `the status is the holder's word`() throws {
        var log = MemoryLog()
        for (workflow, status) in [("a", "building"), ("b", "testing")] {
            log.append(
                stream: "s", type: "lock.acquired", data: #"{"issue_number":"42","adw_id":"a"}"#)
            log.append(
                stream: "s", type: "lock.updated",
                data: #"{"issue_number":42,"adw_id":"\#(workflow)","status":"\#(status)"}"#)
        }

        let table = try TableReader(folding: AdwLocksProjector.self, log)

        #expect(table.count == 1)
        #expect(try table.row("42").text("status") == "building")
    }

    /// B40: in the reference no lock is ever released.
    @Test func `a workflow that ends gives its locks back, and a stale one is taken over`() throws {
        let ended = try table([
            "acquired 42 a 10:00:00", "acquired 7 a 10:00:00", "acquired 8 b 10:00:00",
            "workflow.failed 42 a 10:30:00",
        ])
        let cancelled = try table(["acquired 42 a 10:00:00", "workflow.cancelled 42 a 10:30:00"])
        let earlier = try table(["acquired 42 a 10:00:00", "workflow.completed 42 a 09:00:00"])
        let stale = try table(["acquired 42 a 10:00:00", "acquired 42 b 10:00:01 03"]).row("42")
        let fresh = try table(["acquired 42 a 10:00:00", "acquired 42 b 10:00:00 03"]).row("42")

        #expect(try cancelled.row("42").boolean("is_held") == false)
        #expect(try ended.row("42").boolean("is_held") == false)
        #expect(try ended.row("7").text("release_reason") == "workflow_ended")
        #expect(try ended.row("8").boolean("is_held") == true)
        #expect(try earlier.row("42").boolean("is_held") == true)
        #expect(stale.text("adw_id") == "b")
        #expect(stale.text("release_reason") == "stale")
        #expect(stale.text("last_adw_id") == "a")
        #expect(stale.integer("refused_count") == 0)
        #expect(fresh.text("adw_id") == "a")
    }

    @Test func `a release that is told before the taking frees the lock all the same`() throws {
        let swapped = try table(["released 42 a 11:00:00", "acquired 42 a 10:00:00"]).row("42")
        let next = try table([
            "released 42 a 11:00:00", "acquired 42 a 10:00:00", "acquired 42 b 12:00:00",
        ]).row("42")

        #expect(swapped.boolean("is_held") == false)
        #expect(swapped.integer("acquire_count") == 1)
        #expect(next.text("adw_id") == "b")
    }

    @Test func `without an issue, or without the workflow it has to name, an event is quarantined`()
        throws
    {
        let table = try table([
            "acquired 0 a 10:00:00", "acquired -5 a 10:00:00", "acquired 42 - 10:00:00",
            "released 42 - 10:00:00", "updated null a 10:00:00", "expired \"x\" a 10:00:00",
            "acquired 99999999999999999999 a 10:00:00", "updated 42 a 10:00:00",
        ])

        #expect(table.count == 0)
        #expect(table.quarantinedCount == 7)
    }

    @Test func `workflows differ in bytes`() throws {
        var log = MemoryLog()
        for name in ["\\u00e9", "e\\u0301"] {
            log.append(
                stream: "s", type: "lock.acquired",
                data: #"{"issue_number":42,"adw_id":"\#(name)"}"#)
        }

        let table = try TableReader(folding: AdwLocksProjector.self, log)

        #expect(try table.row("42").integer("refused_count") == 1)
    }
}
