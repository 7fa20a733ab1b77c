import Foundation
import TachoProjections
import TestSupport
import Testing

/// Every table has a page, and the page says what the schema says.
///
/// A failure prints the section as it has to be, to be pasted.
struct TablePagesTests {
    private static let directory =
        SampleData.packageRoot + "/Sources/TachoProjections/TachoProjections.docc/"

    @Test(arguments: allSchemas.map(\.name))
    func `a table's page has its summary and its columns`(name: String) throws {
        let schema = try #require(allSchemas.first { $0.name == name })
        let expected = Self.columnSection(of: schema)
        guard let page = Self.page(name) else {
            Issue.record("\(name).md is missing. It may begin as\n\n\(Self.draft(of: schema))")
            return
        }

        #expect(page.hasPrefix("# \(name)\n\n\(schema.summary)\n\n## Overview\n"))
        // Sources and formulas may stand behind the columns.
        let columns = Self.section("Columns", of: page)
        if columns != expected, columns?.hasPrefix(expected + "\n") != true {
            Issue.record("\(name).md has other columns. They are\n\n\(expected)")
        }
        for heading in ["Overview", "Events"] {
            let text = Self.section(heading, of: page)?.split(separator: "\n").dropFirst() ?? []
            #expect(!text.isEmpty, "\(name).md says nothing under ## \(heading)")
        }
    }

    @Test(arguments: allProjectors.map { $0.name })
    func `a table's page names every type that it is made of`(name: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })
        let page = try #require(Self.page(name))

        for input in projector.inputs where !page.contains("`\(input)`") {
            // A family may be told type by type.
            let family = "`" + "\(input)".replacingOccurrences(of: "*", with: "")
            #expect("\(input)".hasSuffix("*") && page.contains(family), "\(name).md: \(input)")
        }
    }

    @Test func `a view's page names the table it is made of`() throws {
        for view in allViews {
            #expect(Self.page(view.name)?.contains("<doc:\(view.source)>") == true)
        }
    }

    @Test func `the page of all tables lists them and the columns they share`() throws {
        let page = try #require(Self.page("Tables"))
        func list(_ heading: String, _ schemas: [TableSchema]) -> String {
            "## \(heading)\n\n| table | summary |\n|---|---|\n"
                + schemas.map { "| <doc:\($0.name)> | \(Self.cell($0.summary)) |\n" }.joined()
        }
        let lists = [
            ("All tables", allProjectors.map { $0.schema }), ("Views", allViews.map(\.schema)),
        ]
        for (heading, schemas) in lists {
            let expected = list(heading, schemas)
            // What is said of them may stand behind the list.
            if Self.section(heading, of: page)?.hasPrefix(expected) != true {
                Issue.record("Tables.md has other tables. They are\n\n\(expected)")
            }
        }
        let audit = Self.rows(TableSchema.auditColumns)
        #expect(page.contains("\n\n" + audit + "\n"), "Tables.md lacks\n\n\(audit)")
    }

    @Test func `no page is about a table that is not there`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory)
        let tables = Set(allSchemas.map(\.name))

        // The pages of tables are named as tables are, in lower case.
        for name in names where name.hasSuffix(".md") && name == name.lowercased() {
            #expect(tables.contains(String(name.dropLast(3))), "\(name)")
        }
    }

    // MARK: What a page has to say

    private static func columnSection(of schema: TableSchema) -> String {
        let shown = schema.declaredColumns.map { schema.columns[$0] }.filter { !$0.isHidden }
        return "## Columns\n\n" + rows(shown)
    }

    private static func rows(_ columns: [ColumnDefinition]) -> String {
        "| column | type | meaning |\n|---|---|---|\n"
            + columns.map { column in
                let summary = column.summary.isEmpty ? " |" : " \(cell(column.summary)) |"
                return "| `\(column.name)` | \(column.type.name) |\(summary)\n"
            }.joined()
    }

    private static func cell(_ text: String) -> String {
        text.replacingOccurrences(of: "|", with: "\\|")
    }

    private static func draft(of schema: TableSchema) -> String {
        """
        # \(schema.name)

        \(schema.summary)

        ## Overview

        \(columnSection(of: schema))
        ## Events

        """
    }

    // MARK: Pages

    private static func page(_ name: String) -> String? {
        try? String(contentsOfFile: directory + name + ".md", encoding: .utf8)
    }

    /// From its heading to the last line before the next one of the same level.
    private static func section(_ heading: String, of page: String) -> String? {
        guard let start = page.range(of: "\n## \(heading)\n") else { return nil }
        let rest = page[start.upperBound...]
        let end = rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex
        let body = rest[..<end].trimmingCharacters(in: .newlines)
        return "## \(heading)\n\n\(body)\n"
    }
}
