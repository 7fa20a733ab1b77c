import TachoProjections

/// What an issue will cost, by the words of its title and body.
///
/// Source: semantics §2.7, golden `issue_complexity_estimate`.
package struct IssueEstimate: Sendable {
    package enum Level: String, Sendable {
        case lightweight
        case standard
        case complex
    }

    package let level: Level
    /// 0 to 1.
    package let confidence: Double
    /// Dollars, from and to.
    package let costRange: (low: Double, high: Double)
    /// The rules that spoke, in their order.
    package let reasons: [String]

    package init(title: String, body: String, issueClass: String) {
        let text = SearchText("\(title) \(body)")
        var score = 0
        var reasons: [String] = []
        for rule in Self.rules where rule.applies(text, issueClass) {
            score += rule.weight
            reasons.append(rule.reason)
        }
        self.reasons = reasons
        if score <= -2 {
            level = .lightweight
            confidence = min(1, Double(-score) / 5)
            costRange = (0.1, 0.3)
        } else if score <= 2 {
            level = .standard
            confidence = 0.7
            costRange = (3, 5)
        } else {
            level = .complex
            confidence = min(1, Double(score) / 6)
            costRange = (5, 8)
        }
    }

    /// Dollars: the middle of the range.
    package var total: Double { (costRange.low + costRange.high) / 2 }

    package var template: String {
        level == .lightweight ? "adw_lightweight_iso" : "adw_sdlc_complete_iso"
    }

    /// Dollars by phase.
    package var breakdown: [(phase: String, cost: Double)] {
        guard level != .lightweight else { return [("build", total)] }
        return [
            ("plan", total * 0.15), ("build", total * 0.45), ("test", total * 0.2),
            ("review", total * 0.1), ("document", total * 0.1),
        ]
    }

    private struct Rule: Sendable {
        let reason: String
        let weight: Int
        let applies: @Sendable (_ text: SearchText, _ issueClass: String) -> Bool

        init(
            _ reason: String, _ weight: Int,
            _ applies: @escaping @Sendable (_ text: SearchText, _ issueClass: String) -> Bool
        ) {
            self.reason = reason
            self.weight = weight
            self.applies = applies
        }

        init(_ reason: String, _ weight: Int, anyOf words: [String]) {
            self.init(reason, weight) { text, _ in text.holds(anyOf: words) }
        }
    }

    private static let rules: [Rule] = [
        Rule(
            "ui_only", -2,
            anyOf: [
                "add button", "change color", "update text", "rename", "label", "tooltip", "icon",
                "display", "show", "hide", "toggle", "styling", "css", "layout adjustment",
            ]),
        Rule("documentation", -3) { text, _ in
            text.holds(anyOf: ["docs", "documentation", "readme", "comment"])
                && !text.holds(anyOf: ["implement", "feature", "backend"])
        },
        // A `.tsx` counts as a `.ts` too.
        Rule("single_file", -1) { text, _ in
            [".tsx", ".ts", ".py"].contains { text.count(of: $0) == 1 }
        },
        Rule("chore", -1) { _, issueClass in issueClass == "/chore" },
        Rule("fullstack", 3) { text, _ in
            text.holds(anyOf: ["backend", "server", "api"])
                && text.holds(anyOf: ["frontend", "client", "ui"])
        },
        Rule("database", 2, anyOf: ["database", "migration", "schema", "model", "orm"]),
        Rule("security", 2, anyOf: ["auth", "security", "permission", "access control"]),
        Rule(
            "integration", 2,
            anyOf: ["api integration", "third-party", "webhook", "external service"]),
        Rule("multi_component", 2) { text, _ in
            ["component", "module", "service"].reduce(0) { $0 + text.count(of: $1) } > 2
        },
        Rule("complex_testing", 1, anyOf: ["e2e", "integration test"]),
        Rule("workflow_automation", 2, anyOf: ["workflow", "pipeline", "automation", "ci/cd"]),
        Rule("large_scope", 2, anyOf: ["refactor", "redesign", "overhaul", "migration"]),
        Rule("explicit_simple", -2, anyOf: ["simple", "quick", "minor"]),
        Rule("explicit_complex", 2, anyOf: ["complex", "major", "significant"]),
    ]
}
