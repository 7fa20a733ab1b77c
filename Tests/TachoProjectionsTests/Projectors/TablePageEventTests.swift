import Foundation
import TachoProjections
import TestSupport
import Testing

/// A table's page says what becomes of the events it is made of; its columns: `TablePagesTests`.
struct TablePageEventTests {
    private static let names = [
        "user_prompts", "work_log", "webhook_events", "adw_locks", "phase_queue", "queue_config",
        "adw_tools", "cost_savings_log",
    ]

    @Test(arguments: names)
    func `a page names every type that its table is made of`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        let path =
            SampleData.packageRoot + "/Sources/TachoProjections/TachoProjections.docc/\(name).md"
        let page = try String(contentsOfFile: path, encoding: .utf8)

        for input in projector.inputs { #expect(page.contains("`\(input)`"), "\(input)") }
    }
}
