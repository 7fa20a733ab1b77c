package import TachoLog

/// The phases of a workflow: their names and numbers.
package enum PhaseName {
    /// In the order of their numbers, from 1.
    private static let canonical: [StaticString] = [
        "plan", "validate", "build", "lint", "test", "review", "document", "ship", "cleanup",
        "verify",
    ]

    /// A phase's number, whatever the case of its letters; 0 for a name that is none of the ten.
    ///
    /// Source: semantics §0.
    package static func number(of name: UnsafeRawBufferPointer) -> Int64 {
        let index = canonical.firstIndex {
            name.count == $0.utf8CodeUnitCount && name.containsIgnoringCase($0)
        }
        return index.map { Int64($0 + 1) } ?? 0
    }

    /// The phase with this number, in lower case; `nil` for a number of none of the ten.
    package static func name(of number: Int64) -> ByteString? {
        guard number >= 1, number <= canonical.count else { return nil }
        return ByteString(stringLiteral: canonical[Int(number) - 1])
    }

    /// The phase an agent's cost belongs to, by the name of the agent's directory.
    ///
    /// The first word of the list that the name contains decides; otherwise the name itself is
    /// the phase. So `latest` is a test and `relationship` is shipped, as in the
    /// reference.
    ///
    /// Source: semantics §4.1, golden `cost_infer_phase`.
    package static func reference(agentDirectory name: UnsafeRawBufferPointer) -> ByteString {
        for (needle, phase) in needles where name.containsIgnoringCase(needle) { return phase }
        return ByteString(name)
    }

    private static let needles: [(StaticString, ByteString)] = [
        ("planner", "plan"), ("builder", "build"), ("test", "test"), ("reviewer", "review"),
        ("review", "review"), ("documenter", "document"), ("documentation", "document"),
        ("shipper", "ship"), ("ship", "ship"),
    ]
}
