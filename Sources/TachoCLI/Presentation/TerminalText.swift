/// Text from the log as a terminal may show it, and how wide it is there.
enum TerminalText {
    /// Replaces what would act on the terminal instead of being shown.
    ///
    /// Recorded text is anybody's: an escape sequence or a bidirectional override in a prompt must
    /// not move the cursor or reorder the line. Line breaks and tabs become blanks, other control
    /// characters their pictures (U+2400 and on).
    static func sanitized(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D: result.append(" ")
            case 0x00..<0x20: result.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
            case 0x7F: result.append("\u{2421}")
            case 0x80..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069:
                result.append("\u{FFFD}")
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    /// Columns that the text takes.
    static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.unicodeScalars.reduce(0) { $0 + width($1) }
    }

    /// The beginning of the text that fits, with `…` if something is missing.
    static func truncated(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        guard limit > 1 else { return limit == 1 ? "…" : "" }
        var result = String.UnicodeScalarView()
        var used = 0
        for scalar in text.unicodeScalars {
            let added = width(scalar)
            if used + added > limit - 1 { break }
            used += added
            result.append(scalar)
        }
        while result.last == " " { result.removeLast() }
        return String(result) + "…"
    }

    static func padded(_ text: String, to columns: Int, rightAligned: Bool) -> String {
        let blanks = String(repeating: " ", count: max(0, columns - width(text)))
        return rightAligned ? blanks + text : text + blanks
    }

    /// Two for the East Asian wide and for pictographs, none for marks (Unicode UAX #11).
    private static func width(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0..<0x300: return 1
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default:
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .format: return 0
            default: return 1
            }
        }
    }
}
