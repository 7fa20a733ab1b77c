import TachoEvents
import TachoJSON
import TachoLog

/// A step in the life of a pattern, and what it makes of the pattern.
///
/// The union of the states that the reference's code, its database, and the seed know (B30). No step
/// is guarded: an approved pattern can be rejected, and approved again (semantics §5.10).
package enum PatternStatus: String, CaseIterable, Sendable {
    case detected
    case predicted
    case candidate
    case inReview = "in_review"
    case approved
    case implemented
    case active
    case rejected
    case deprecated

    /// The state that a review's action leads to.
    private static let actions: [(action: StaticString, status: PatternStatus)] = [
        ("submitted", .inReview), ("flagged", .inReview), ("nominated", .candidate),
        ("approved", .approved), ("auto-approved", .approved), ("rejected", .rejected),
        ("auto-rejected", .rejected), ("implemented", .implemented), ("activated", .active),
        ("deprecated", .deprecated),
    ]

    /// What an event about a pattern makes of it; `nil` leaves it as it is.
    ///
    /// A state that is said goes before the one its action leads to.
    init?(_ event: Event, status: JSONView?, action: JSONView?) {
        if event.type.equals("pattern.implemented") {
            self = .implemented
            return
        }
        let said = status?.withText { text in
            Self.allCases.first { text.elementsEqual($0.rawValue.utf8) }
        }
        let done = action?.withText { text in
            Self.actions.first { text.equals($0.action) }?.status
        }
        guard let found = (said ?? nil) ?? (done ?? nil) else { return nil }
        self = found
    }

    /// How an approval calls it; `nil` leaves it as it is.
    var approval: StaticString? {
        switch self {
        case .candidate, .inReview: "pending"
        case .approved, .implemented, .active: "approved"
        case .rejected: "rejected"
        case .detected, .predicted, .deprecated: nil
        }
    }
}

extension RecordedMembers {
    /// The pattern's name; the reference numbers some.
    func patternKey(_ column: Column) throws(ProjectionError) -> ByteString {
        guard let value = self[column] else { throw .missing("pattern_id") }
        guard let key = value.patternName else { throw .unexpected("pattern_id") }
        return key
    }
}

extension JSONView {
    /// Text that is not empty, or a whole number's digits.
    var patternName: ByteString? {
        if let number = integer() { return ByteString("\(number)") }
        guard let text = text(), !text.isEmpty else { return nil }
        return ByteString(text)
    }
}

/// Names under which events give the same fact.
enum PatternAliases {
    /// The notes of a rejection are its reason, of a comment the comment.
    static func notes(_ event: Event) -> JSONView? {
        var found: JSONView?
        event.data.forEachMember { key, value in
            let isNote = key.withText {
                $0.equals("notes") || $0.equals("reason") || $0.equals("comment")
                    || $0.equals("review_notes")
            }
            if isNote == true, value.isFilledText { found = value }
            return found == nil
        }
        return found
    }

    /// Who did it; `system` where nobody is named, as in the reference.
    static func reviewer(_ event: Event) -> [UInt8] {
        let names: [StaticString] = ["reviewer", "reviewed_by", "actor"]
        for name in names {
            if let text = event.data[name]?.text(), !text.isEmpty { return Array(text) }
        }
        return Array("system".utf8)
    }
}

extension Table {
    /// Notes as the reference writes them: those of a rejection begin with `REJECTED: `.
    mutating func renew(
        _ column: some ColumnHandle, of row: Int, notes: JSONView?, isRejection: Bool
    ) {
        guard let notes = notes?.text() else { return }
        set(column, of: row, text: Array((isRejection ? "REJECTED: " : "").utf8) + Array(notes))
    }
}
