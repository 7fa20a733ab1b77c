import Testing

/// The formulas of the reference, set by set.
struct GoldenTests {
    /// Sets whose area is not built yet; none of them may pass unnoticed.
    static let pendingSets: Set<String> = []

    /// How a case is computed and compared, by the name of its set.
    static let checks: [String: @Sendable (GoldenSet.Case) throws -> Bool] = [
        enrichmentChecks, scoreChecks, historyChecks, phaseChecks, analyticsChecks, errorChecks,
        patternChecks, toolChecks, costHistoryChecks, workflowChecks,
    ].reduce(into: [:]) { $0.merge($1) { check, _ in check } }

    @Test func `golden sets agree with the reference`() throws {
        let sets = try GoldenSet.load()
        #expect(!sets.isEmpty, "no sets in \(GoldenSet.directory)")
        var (passed, total) = (0, 0)
        for set in sets {
            guard let check = Self.checks[set.name] else {
                let isPending = Self.pendingSets.contains(set.name)
                print("\(set.name): \(isPending ? "pending" : "unknown")/\(set.cases.count)")
                #expect(isPending, "nobody knows the set \(set.file)")
                total += set.cases.count
                continue
            }
            #expect(!set.cases.isEmpty, "\(set.file) has no cases")
            var wrong: [String] = []
            for example in set.cases where try !check(example) { wrong.append(example.id) }
            print("\(set.name): \(set.cases.count - wrong.count)/\(set.cases.count)")
            #expect(wrong.isEmpty, "\(set.file)")
            passed += set.cases.count - wrong.count
            total += set.cases.count
        }
        print("total: \(passed)/\(total) in \(sets.count) sets")
    }

    @Test func `what is computed is not pending`() {
        #expect(Self.pendingSets.isDisjoint(with: Self.checks.keys))
    }
}
