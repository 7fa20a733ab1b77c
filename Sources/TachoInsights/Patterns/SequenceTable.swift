import TachoJSON
package import TachoLog
package import TachoProjections

/// The stretches of work of the table `tool_sequences`, one behind the other, with tools as numbers.
package struct SequenceTable: Sendable {
    /// Names by number.
    package private(set) var tools: [ByteString] = []
    /// The calls of one agent between two words of a person.
    package private(set) var sequences: [[UInt16]] = []
    /// The first row of each sequence.
    package private(set) var rows: [Int] = []

    private var numberByTool: [ByteString: UInt16] = [:]
    /// Tools beyond it share the last number.
    package static let toolLimit = 60_000

    /// - Parameter table: The table `tool_sequences`.
    package init(_ table: Table) {
        typealias Column = ToolSequencesProjector.Column
        var newest: [ByteString: Int] = [:]
        for row in 0..<table.rowCount {
            let agent = table.text(Column.agentKey, row) ?? ""
            let index: Int
            if table.boolean(Column.continues, row) == true, let before = newest[agent] {
                index = before
            } else {
                index = sequences.count
                sequences.append([])
                rows.append(row)
                newest[agent] = index
            }
            table.withJSON(Column.toolSequence, row) { list in
                JSONView(validated: list).forEachElement { name in
                    name.withText { sequences[index].append(number($0)) }
                    return true
                }
            }
        }
    }

    private mutating func number(_ tool: UnsafeRawBufferPointer) -> UInt16 {
        let name = ByteString(tool)
        if let number = numberByTool[name] { return number }
        guard tools.count < Self.toolLimit else { return UInt16(Self.toolLimit) }
        let number = UInt16(tools.count)
        tools.append(name)
        numberByTool[name] = number
        return number
    }

    package func name(_ tool: Int) -> String {
        tool < tools.count ? tools[tool].description : "other"
    }

    /// `Read→Edit→Bash`.
    package func signature(_ run: SequenceMining.Run) -> String {
        run.tools.map(name).joined(separator: "→")
    }
}
