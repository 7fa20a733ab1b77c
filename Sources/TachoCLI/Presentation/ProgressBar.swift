#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One line on standard error that shows how far a long work is; only where a person looks.
final class ProgressBar {
    private let label: String
    private let isShown: Bool
    private let style: Style
    private let start = ProgressBar.now()
    private var lastDrawn = 0.0
    private var hasDrawn = false

    /// - Parameters:
    ///   - label: What is being done, as "folding".
    ///   - isQuiet: Whether the user wants none.
    ///   - color: For its emphasis.
    init(_ label: String, isQuiet: Bool, color: ColorMode) {
        self.label = label
        isShown = !isQuiet && Terminal.isTerminal(Terminal.error) && environment("TERM") != "dumb"
        style = Style(color, for: Terminal.error)
    }

    var elapsedSeconds: Double { Self.now() - start }

    /// Redraws at most ten times a second, and not at all for work that is over at once.
    func update(_ done: Int, of total: Int?, unit: String) {
        guard isShown else { return }
        let now = Self.now()
        guard now - lastDrawn >= 0.1, now - start >= 0.2 else { return }
        lastDrawn = now
        hasDrawn = true
        var line = "\(label) "
        if let total, total > 0 {
            let part = min(1, Double(done) / Double(total))
            let filled = Int(part * 24)
            let bar = String(repeating: "█", count: filled)
            let rest = String(repeating: "░", count: 24 - filled)
            line += style.apply(.accent, bar) + style.apply(.faint, rest)
            line += " \(Int(part * 100))%  "
        }
        line += "\(Quantity.count(done)) \(unit)"
        line += "  \(Quantity.rate(done, seconds: now - start))/s"
        Output.rewriteNote("\r\u{1B}[K\(line)")
    }

    /// Takes the line away again.
    func finish() {
        if hasDrawn { Output.rewriteNote("\r\u{1B}[K") }
        hasDrawn = false
    }

    deinit {
        finish()
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
