import ArgumentParser
import TachoLog

struct TailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print the last events, and new ones as they come.",
        discussion: """
            Prints canonical lines, as `tacho cat` does; --pretty prints a line for people. \
            With -f it waits for new events, woken by the operating system, until Ctrl-C.

            EXAMPLES
              tacho tail -n 20 --pretty
              tacho tail -f --type 'phase.*' | jq -r .data.phase_name
              tacho tail -f -n 0 --stream a1b2c3d4 --pretty
            """)

    @Option(name: [.customShort("n"), .customLong("lines")], help: "How many events.")
    var count = 10

    @Flag(name: [.customShort("f"), .customLong("follow")], help: "Wait for new events.")
    var follows = false

    @Flag(help: "A readable line instead of JSON; times are UTC.")
    var pretty = false

    @OptionGroup var selection: RecordSelection
    @OptionGroup var location: StoreLocation
    @OptionGroup var messages: MessageOptions

    func validate() throws {
        if count < 0 { throw ValidationError("-n needs a number that is not negative.") }
    }

    func run() throws {
        var reader = try location.openReader()
        // Before anything is read: what is appended meanwhile wakes it.
        let follower = follows ? try LogFollower(reader) : nil
        _ = try reader.refresh()
        var damage = DamageReport(messages.errorStyle)
        var next = try printLast(reader, &damage).next
        if let follower {
            while true {
                if next <= reader.lastPosition {
                    try printAll(reader, from: next, &damage)
                    next = reader.lastPosition.next
                }
                _ = follower.wait()
                _ = try reader.refresh()
            }
        }
        try damage.finish()
    }

    /// - Returns: The position up to which was looked.
    private func printLast(
        _ reader: LogReader, _ damage: inout DamageReport
    ) throws -> Position {
        let last = reader.lastPosition
        guard count > 0, last > .zero else { return last }
        let first = try firstOfLast(reader)
        try printAll(reader, from: first, &damage)
        return last
    }

    /// Where the last `count` matching events begin.
    ///
    /// Looks at ever larger parts of the end, so that few events of a long log are read.
    private func firstOfLast(_ reader: LogReader) throws -> Position {
        let last = reader.lastPosition.rawValue
        var window = UInt64(count)
        while true {
            let first = last >= window ? last - window + 1 : 1
            var positions = [Position]()
            try reader.forEachBatch(
                from: Position(first), matching: selection.filter, onDamage: { _ in },
                { batch in
                    try batch.forEachRecord { record in
                        positions.append(record.position)
                        return true
                    }
                    return true
                })
            if positions.count >= count { return positions[positions.count - count] }
            if first == 1 { return positions.first ?? Position(last).next }
            window = window.multipliedReportingOverflow(by: 8).partialValue
            window = max(window, 4096)
        }
    }

    private func printAll(
        _ reader: LogReader, from first: Position, _ damage: inout DamageReport
    ) throws {
        let line = EventLine(Style(messages.color, for: Terminal.output), Terminal.width())
        try reader.forEachBatch(
            from: first, matching: selection.filter, onDamage: { damage.add($0) },
            { batch in
                if !pretty {
                    try Output.write(batch.bytes)
                    return true
                }
                var text = ""
                try batch.forEachRecord { record in
                    text += line.text(record)
                    return true
                }
                try Output.write(text)
                return true
            })
    }
}
