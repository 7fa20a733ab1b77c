internal import TachoJSON

/// A value to be put into a settings file.
indirect enum SettingsValue: Hashable, Sendable {
    case text(String)
    case integer(Int)
    case array([SettingsValue])
    case object([Member])

    struct Member: Hashable, Sendable {
        let key: String
        let value: SettingsValue

        init(_ key: String, _ value: SettingsValue) {
            self.key = key
            self.value = value
        }
    }

    /// The text in a layout, as it stands behind `indentation`.
    func rendered(_ layout: SettingsLayout, _ indentation: String) -> String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .integer(let number): "\(number)"
        case .array(let elements):
            Self.bracketed(
                "[", "]", elements.map { element in { element.rendered(layout, $0) } }, layout,
                indentation)
        case .object(let members):
            Self.bracketed(
                "{", "}", members.map { member in { member.rendered(layout, $0) } }, layout,
                indentation)
        }
    }

    static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.value(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func bracketed(
        _ opening: String, _ closing: String, _ items: [(String) -> String],
        _ layout: SettingsLayout, _ indentation: String
    ) -> String {
        guard !items.isEmpty else { return opening + closing }
        let inner = indentation + layout.unit
        guard let newline = layout.newline else {
            return opening + items.map { $0(inner) }.joined(separator: ", ") + closing
        }
        let lines = items.map { newline + inner + $0(inner) }.joined(separator: ",")
        return opening + lines + newline + indentation + closing
    }
}

extension SettingsValue.Member {
    func rendered(_ layout: SettingsLayout, _ indentation: String) -> String {
        SettingsValue.quoted(key) + ": " + value.rendered(layout, indentation)
    }
}

/// How a file is laid out, so that what is added looks like the rest.
struct SettingsLayout {
    /// `nil` if everything stands on one line.
    var newline: String?
    /// One step of indentation.
    var unit: String
}
