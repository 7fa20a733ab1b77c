import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `select STORE [--stream S] [--type T]`: reads what is asked for, all without either.
///
/// Prints the events found, the bytes that the process read from files meanwhile, and nanoseconds.
enum SelectCommand {
    static func run(_ arguments: Arguments) throws {
        let store = try arguments.positional(0, "STORE")
        let stream = arguments.text("stream", default: "")
        let type = arguments.text("type", default: "")
        let filter = RecordFilter(
            types: type.isEmpty ? [] : [TypePattern(ByteString(type))],
            streams: stream.isEmpty ? [] : [ByteString(stream)])
        let before = bytesRead()
        let start = nanoseconds()
        let log = try LogReader.open(store)
        var count = 0
        try log.forEachBatch(matching: filter) { batch in
            try batch.forEachRecord { _ in
                count += 1
                return true
            }
            return true
        }
        Output.print("\(count) \(bytesRead() - before) \(nanoseconds() - start)\n")
    }

    /// As Linux counts for this process, in the first line (`rchar: N`); 0 elsewhere.
    private static func bytesRead() -> Int {
        guard let file = fopen("/proc/self/io", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 64)
        guard fgets(&line, CInt(line.count), file) != nil else { return 0 }
        let digits = line.drop { !(0x30...0x39).contains($0) }.prefix { (0x30...0x39).contains($0) }
        return digits.reduce(0) { 10 * $0 + Int($1) - 0x30 }
    }
}
