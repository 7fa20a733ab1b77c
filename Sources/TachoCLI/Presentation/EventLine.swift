import TachoJSON
import TachoLog

/// One event as a line for people.
///
/// `12  2025-12-18 10:00:00.091  a1b2c3d4  phase.completed  phase_name=Build duration_seconds=12.5`
struct EventLine {
    private let style: Style
    private let width: Int?

    init(_ style: Style, _ width: Int?) {
        self.style = style
        self.width = width
    }

    /// - Returns: With its newline.
    func text(_ record: RecordView) -> String {
        let position = TerminalText.padded("\(record.position)", to: 6, rightAligned: true)
        let moment = Quantity.preciseMoment(record.time ?? record.recorded)
        let stream = TerminalText.sanitized(String(decoding: record.stream, as: UTF8.self))
        let type = TerminalText.sanitized(String(decoding: record.type, as: UTF8.self))
        let shownStream = TerminalText.padded(
            TerminalText.truncated(stream, to: 10), to: 10, rightAligned: false)
        let shownType = TerminalText.padded(type, to: 20, rightAligned: false)
        let used =
            TerminalText.width(position) + moment.utf8.count + 10
            + TerminalText.width(shownType) + 8
        let room = width.map { max(0, $0 - used) } ?? 200
        let summary = TerminalText.truncated(Self.summary(record.data), to: room)
        return style.apply(.faint, "\(position)  \(moment)") + "  "
            + style.apply(.accent, shownStream) + "  "
            + style.apply(Self.role(type), shownType)
            + (summary.isEmpty ? "" : "  " + summary) + "\n"
    }

    private static func role(_ type: String) -> Style.Role {
        Style.Role(status: type.split(separator: ".").last.map(String.init) ?? "")
    }

    /// The short members of the data, in their order.
    static func summary(_ data: UnsafeRawBufferPointer) -> String {
        var parts = [String]()
        var length = 0
        JSONView(validated: data).forEachMember { key, value in
            let name = key.string() ?? ""
            switch value.kind {
            case .string:
                let text = TerminalText.sanitized(value.string() ?? "")
                guard !text.isEmpty else { return true }
                parts.append("\(name)=\(TerminalText.truncated(text, to: 60))")
            case .number, .boolean:
                parts.append("\(name)=\(String(decoding: value.bytes, as: UTF8.self))")
            case .object, .array, .null: return true
            }
            length += parts.last?.utf8.count ?? 0
            return length < 400
        }
        return parts.joined(separator: " ")
    }
}
