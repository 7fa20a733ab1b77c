import TachoJSON
import TachoLog

/// `scan FILE [--megabytes M]`: the field scanner alone, on one core, over lines in memory.
///
/// Prints `done NANOSECONDS BYTES` and what it found, as the peer `peers/scan_simdjson.cpp` does: for
/// each of ten fields how many lines have it, and the sum of its bytes or of its value.
enum ScanCommand {
    static func run(_ arguments: Arguments) throws {
        let limit = try arguments.integer("megabytes", default: 256) << 20
        let bytes = try EventFile.bytes(try arguments.positional(0, "FILE"), limit: limit)
        let end = (bytes.lastIndex(of: 0x0A) ?? -1) + 1
        try bytes.withUnsafeBytes { all in
            let lines = UnsafeRawBufferPointer(rebasing: all[..<end])
            // Once to bring the bytes into the caches' reach, and then for the clock.
            _ = try scan(lines)
            let start = nanoseconds()
            let found = try scan(lines)
            Output.print("done \(nanoseconds() - start) \(lines.count)\n")
            for (name, field) in zip(names, found) {
                Output.print("\(name)\t\(field.count)\t\(field.sum)\n")
            }
        }
    }

    struct Found {
        var count = 0
        var sum = 0
    }

    private static let names = [
        "stream", "type", "tool_name", "duration_ms", "success", "phase_status", "tokens_used",
        "cost_usd", "status", "level",
    ]

    /// Two of the ten are of the envelope.
    private static let fields = JSONFields(Array(names.dropFirst(2)))

    private static func scan(_ lines: UnsafeRawBufferPointer) throws -> [Found] {
        var found = [Found](repeating: Found(), count: names.count)
        let fields = fields
        var scanner = LineScanner(lines)
        try found.withUnsafeMutableBufferPointer { found in
            while try scanner.next() {
                found[0].count &+= 1
                found[0].sum &+= scanner.stream.count
                found[1].count &+= 1
                found[1].sum &+= scanner.type.count
                fields.forEach(in: scanner.data) { index, value in
                    found[index + 2].count &+= 1
                    switch index + 2 {
                    case 3, 6: found[index + 2].sum &+= Int(value.wholeNumber ?? 0)
                    case 4: found[index + 2].sum &+= value.bytes.count == 4 ? 1 : 0
                    case 7: found[index + 2].sum &+= Int(value.scaledNumber(digits: 6) ?? 0)
                    default: found[index + 2].sum &+= value.plainText?.count ?? 0
                    }
                }
            }
        }
        return Array(found)
    }
}
