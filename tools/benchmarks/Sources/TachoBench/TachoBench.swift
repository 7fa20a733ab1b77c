import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Our side of the benchmarks, one process for each measurement; `tools/bench` starts it.
@main
enum TachoBench {
    static func main() {
        var words = Array(CommandLine.arguments.dropFirst())
        let command = words.isEmpty ? "" : words.removeFirst()
        do {
            let arguments = try Arguments(words)
            switch command {
            case "append": try AppendCommand.run(arguments)
            case "load": try StoreCommands.load(arguments)
            case "check": try StoreCommands.check(arguments)
            case "cat": try StoreCommands.cat(arguments)
            case "answers": try AnswersCommand.run(arguments)
            case "scan": try ScanCommand.run(arguments)
            case "select": try SelectCommand.run(arguments)
            default:
                throw UsageError(
                    message: "append|load|check|cat|answers|select STORE …, scan FILE …")
            }
        } catch {
            Output.error("tacho-bench \(command): \(error)\n")
            exit(error is UsageError ? 2 : 1)
        }
    }
}

struct UsageError: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}

/// `FIRST SECOND --name value …`.
struct Arguments {
    private(set) var positional: [String] = []
    private var named: [String: String] = [:]

    init(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("--") else {
                positional.append(word)
                continue
            }
            guard let value = rest.popFirst() else {
                throw UsageError(message: "\(word) needs a value")
            }
            named[String(word.dropFirst(2))] = value
        }
    }

    func positional(_ index: Int, _ name: String) throws(UsageError) -> String {
        guard index < positional.count else { throw UsageError(message: "\(name) is missing") }
        return positional[index]
    }

    func integer(_ name: String, default value: Int) throws(UsageError) -> Int {
        guard let text = named[name] else { return value }
        guard let number = Int(text) else { throw UsageError(message: "--\(name) \(text)") }
        return number
    }

    func text(_ name: String, default value: String) -> String { named[name] ?? value }
}

enum Output {
    static func print(_ text: String) { write(Array(text.utf8), to: STDOUT_FILENO) }
    static func error(_ text: String) { write(Array(text.utf8), to: STDERR_FILENO) }

    static func write(_ bytes: [UInt8], to file: CInt) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let slice = UnsafeRawBufferPointer(rebasing: rest)
                #if canImport(Glibc)
                    let count = Glibc.write(file, slice.baseAddress, slice.count)
                #else
                    let count = Darwin.write(file, slice.baseAddress, slice.count)
                #endif
                if count <= 0 { exit(1) }
                rest = rest.dropFirst(count)
            }
        }
    }
}

/// The monotonic clock, which all processes share.
func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
