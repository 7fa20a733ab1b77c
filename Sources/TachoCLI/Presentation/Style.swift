import ArgumentParser

/// When to colour.
enum ColorMode: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never
}

/// Emphasis by terminal escapes, or none.
///
/// Colour is never the only sign of anything: the same is said by a word or a symbol beside it.
struct Style {
    let isColored: Bool

    /// Colours for what is written to `descriptor`.
    ///
    /// `--color` decides; else `NO_COLOR` (any value) forbids, `FORCE_COLOR` and `CLICOLOR_FORCE`
    /// (not `0`) ask for it, `TERM=dumb` forbids, and a terminal gets it.
    init(_ mode: ColorMode, for descriptor: CInt) {
        switch mode {
        case .always: isColored = true
        case .never: isColored = false
        case .auto:
            if environment("NO_COLOR") != nil {
                isColored = false
            } else if let forced = environment("FORCE_COLOR") ?? environment("CLICOLOR_FORCE") {
                isColored = forced != "0"
            } else {
                isColored = environment("TERM") != "dumb" && Terminal.isTerminal(descriptor)
            }
        }
    }

    private init(isColored: Bool) {
        self.isColored = isColored
    }

    /// What a piece of text is, which decides how it looks.
    enum Role: String {
        case plain = ""
        case heading = "1"
        case faint = "2"
        case good = "32"
        case bad = "31"
        case warning = "33"
        case accent = "36"
    }

    func apply(_ role: Role, _ text: String) -> String {
        guard isColored, role != .plain, !text.isEmpty else { return text }
        return "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m"
    }
}

extension Style.Role {
    /// The look of a status word of a workflow, a phase, or a segment.
    init(status: String) {
        switch status {
        case "completed", "succeeded", "ok": self = .good
        case "failed", "error", "damaged", "blocked": self = .bad
        case "running", "started", "pending", "active", "sealing": self = .warning
        default: self = .plain
        }
    }
}
