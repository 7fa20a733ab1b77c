#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is at the other end of standard output and standard error.
enum Terminal {
    static let input: CInt = 0
    static let output: CInt = 1
    static let error: CInt = 2

    static func isTerminal(_ descriptor: CInt) -> Bool {
        isatty(descriptor) == 1
    }

    /// Columns to fit into: `COLUMNS`, else the terminal's; `nil` is no limit, as for a pipe.
    static func width() -> Int? {
        if let text = environment("COLUMNS"), let columns = Int(text), columns > 0 {
            return columns
        }
        guard isTerminal(output) else { return nil }
        var size = winsize()
        guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Lines of the terminal; `nil` is no limit, as for a pipe.
    static func height() -> Int? {
        var size = winsize()
        guard isTerminal(output), ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0
        else { return nil }
        return Int(size.ws_row)
    }

    /// Waits; a signal may end it earlier.
    static func pause(seconds: Double) {
        let whole = Int(seconds)
        var pause = timespec(tv_sec: whole, tv_nsec: Int((seconds - Double(whole)) * 1e9))
        nanosleep(&pause, nil)
    }
}

/// The value of an environment variable; `nil` also for an empty one.
func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
}
