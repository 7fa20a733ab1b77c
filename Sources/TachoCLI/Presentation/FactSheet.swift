import TachoJSON
import TachoQuery

/// Facts about one thing: a line each for people, one object for programs.
struct FactSheet {
    struct Fact {
        let key: String
        let label: String
        let cell: Cell
        var note = ""
    }

    let schema: String
    var facts: [Fact] = []
    var warnings: [String] = []

    /// - Parameters:
    ///   - key: The member's name in JSON, the column's in CSV.
    ///   - label: For people; `nil` shows the fact to programs only.
    ///   - cell: The value.
    ///   - note: Said behind the value, for people.
    mutating func add(_ key: String, _ label: String?, _ cell: Cell, note: String = "") {
        facts.append(Fact(key: key, label: label ?? "", cell: cell, note: note))
    }

    func print(_ options: OutputOptions) throws(OutputError) {
        switch options.format {
        case .json: try Output.write(json)
        case .csv:
            try Output.write(CSV.line(facts.map(\.key)) + CSV.line(facts.map(\.cell.plain)))
        case .text: try Output.write(text(options.style))
        }
        guard options.format != .json else { return }
        let style = options.errorStyle
        for warning in warnings { Output.note(style.apply(.warning, "warning: ") + warning) }
    }

    func text(_ style: Style) -> String {
        let shown = facts.filter { !$0.label.isEmpty }
        let width = shown.reduce(0) { max($0, TerminalText.width($1.label)) }
        return shown.map { fact in
            let label = TerminalText.padded(fact.label, to: width, rightAligned: false)
            let note = fact.note.isEmpty ? "" : "  " + style.apply(.faint, "(\(fact.note))")
            return style.apply(.heading, label) + "  " + fact.cell.display + note + "\n"
        }.joined()
    }

    var json: [UInt8] {
        JSONEnvelope(schema: schema, warnings: warnings).bytes { writer in
            writer.beginObject()
            for fact in facts {
                writer.key(fact.key)
                fact.cell.write(to: &writer)
            }
            writer.endObject()
        }
    }
}
