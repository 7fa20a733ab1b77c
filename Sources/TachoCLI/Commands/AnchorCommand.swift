import ArgumentParser
import TachoLog

struct AnchorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "anchor",
        abstract: "Print the hash chain's head, to be kept where it cannot be changed.",
        discussion: """
            One line: position, chain, store. Kept outside of this machine, in a commit, a ticket, \
            or the log of a build, it proves later that everything up to its position is what it \
            is now. Without such a copy nobody can tell a log that was rewritten as a whole, or \
            whose end was cut off, from an honest one.

            EXAMPLES
              git commit --allow-empty -m "tacho anchor $(tacho anchor)"
              tacho anchor >> anchors.txt
              tacho verify --anchor anchors.txt
            """)

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        let anchor = try location.openReader().anchor()
        guard output.format != .text else { return try Output.write("\(anchor)\n") }
        var sheet = FactSheet(schema: "tacho.anchor/1")
        sheet.add("position", "position", Cell(anchor.position))
        sheet.add("chain", "chain", .text(anchor.chain))
        sheet.add("store", "store", .text(anchor.store))
        try sheet.print(output)
    }
}
