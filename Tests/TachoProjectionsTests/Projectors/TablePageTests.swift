import Foundation
import TachoProjections
import Testing

/// A table's page is what its schema says.
struct TablePageTests {
    private static let names = [
        "user_prompts", "work_log", "webhook_events", "adw_locks", "phase_queue", "queue_config",
        "adw_tools", "cost_savings_log",
    ]

    @Test(arguments: names)
    func `a page names its columns word for word as the schema does`(name: String) throws {
        let schema = try #require(allProjectors.first { $0.name == name }).schema
        let path = "\(packageRoot)/Sources/TachoProjections/TachoProjections.docc/\(name).md"
        let page = try String(contentsOfFile: path, encoding: .utf8)

        #expect(page.hasPrefix("# \(name)\n\n\(schema.summary)\n\n## Overview\n"))
        let columns = schema.columns.dropLast(3).filter { !$0.isHidden }
        let lines = columns.map { "| `\($0.name)` | \($0.type.name) | \($0.summary) |\n" }
        #expect(page.contains("|---|---|---|\n" + lines.joined() + "\n"))
    }

    @Test(arguments: names)
    func `a page names every type that its table is made of`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        let path = "\(packageRoot)/Sources/TachoProjections/TachoProjections.docc/\(name).md"
        let page = try String(contentsOfFile: path, encoding: .utf8)

        for input in projector.inputs { #expect(page.contains("`\(input)`"), "\(input)") }
    }
}
