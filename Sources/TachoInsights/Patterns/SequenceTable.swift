import TachoJSON
import TachoLog
import TachoProjections

/// The stretches of work of the table `tool_sequences`, one behind the other, with tools as numbers.
///
/// - Complexity: One pass over the names, some 10 ns each.
struct SequenceTable: Sendable {
    /// The calls of one agent between two words of a person are a sequence.
    let calls: Calls
    /// The first row of each sequence.
    let rows: [Int]
    private let numbers: ToolNumbers

    /// - Parameter table: The table `tool_sequences`.
    init(_ table: Table) {
        typealias Column = ToolSequencesProjector.Column
        var numbers = ToolNumbers()
        var calls = Calls()
        let (heads, next) = Self.chains(table)
        for head in heads {
            calls.begin()
            var row = head
            while row >= 0 {
                table.withJSON(Column.toolSequence, row) { list in
                    numbers.read(list) { calls.append($0) }
                }
                row = Int(next[row])
            }
            calls.end()
        }
        self.calls = calls
        self.numbers = numbers
        rows = heads
    }

    var callCount: Int { calls.count }

    /// The rows that begin a sequence, and by row the one that goes on from it, else −1.
    private static func chains(_ table: Table) -> (heads: [Int], next: [Int32]) {
        typealias Column = ToolSequencesProjector.Column
        let agents = table.textNumbers(of: Column.agentKey)
        var newest = [Int32](repeating: -1, count: agents.largest + 1)
        var next = [Int32](repeating: -1, count: table.rowCount)
        var heads: [Int] = []
        for row in 0..<table.rowCount {
            let agent = agents[row]
            let before = Int(newest[agent])
            if before >= 0, table.boolean(Column.continues, row) == true {
                next[before] = Int32(clamping: row)
            } else {
                heads.append(row)
            }
            newest[agent] = Int32(clamping: row)
        }
        return (heads, next)
    }

    func name(_ tool: Int) -> String { numbers.name(tool) }

    /// `Read→Edit→Bash`.
    func signature(_ run: SequenceMining.Run) -> String {
        run.tools.map(name).joined(separator: "→")
    }
}

extension SequenceMining {
    init(_ table: SequenceTable, options: Options) {
        self.init(table.calls, options: options)
    }
}

/// Numbers of tools by their names as they stand in a list of JSON.
///
/// The table's lists are written by one writer, so that equal names have equal bytes, and a name is
/// unescaped once. Found by their hash, which is compared, and then their bytes.
struct ToolNumbers: Sendable {
    /// Tools beyond it share the last number.
    static let limit = 60_000

    private var names: [ByteString] = []
    private var hashes: [UInt64] = []
    /// Number + 1, or 0 for a free slot; at most half are taken.
    private var slots = [UInt16](repeating: 0, count: 1 << 8)

    init() {}

    func name(_ tool: Int) -> String {
        guard tool < names.count else { return "other" }
        let quoted = [UInt8(ascii: "\"")] + names[tool].bytes + [UInt8(ascii: "\"")]
        return quoted.withUnsafeBytes { JSONView(validated: $0).string() } ?? "other"
    }

    /// Calls `body` with the number of each name of a list.
    @inline(__always)
    mutating func read(_ list: UnsafeRawBufferPointer, _ body: (UInt16) -> Void) {
        var place = 0
        while place < list.count {
            guard list[place] == UInt8(ascii: "\"") else {
                place += 1
                continue
            }
            let start = place + 1
            place = start
            while place < list.count, list[place] != UInt8(ascii: "\"") {
                place += list[place] == UInt8(ascii: "\\") ? 2 : 1
            }
            body(number(UnsafeRawBufferPointer(rebasing: list[start..<min(place, list.count)])))
            place += 1
        }
    }

    private mutating func number(_ name: UnsafeRawBufferPointer) -> UInt16 {
        let hash = ByteHash.hash(name, seed: ByteHash.defaultSeed)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if hashes[number] == hash, name.elementsEqual(names[number].bytes) {
                return UInt16(number)
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard names.count < Self.limit else { return UInt16(Self.limit) }
        names.append(ByteString(name))
        hashes.append(hash)
        slots[slot] = UInt16(names.count)
        if 2 * names.count > slots.count { grow() }
        return UInt16(names.count - 1)
    }

    private mutating func grow() {
        slots = [UInt16](repeating: 0, count: 2 * slots.count)
        for (number, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt16(number + 1)
        }
    }
}
