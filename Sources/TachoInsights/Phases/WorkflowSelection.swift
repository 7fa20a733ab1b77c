import TachoProjections

/// The template and the set of models that suit a phase.
///
/// Source: semantics §7.6, golden `workflow_selection`.
package struct WorkflowSelection: Hashable, Sendable {
    package let template: String
    /// `lightweight`, `base`, or `heavy`.
    package let modelSet: String

    /// - Parameters:
    ///   - title: The phase's title.
    ///   - content: Its text.
    ///   - classification: `feature`, `bug`, or `chore`; empty if it is not known.
    ///   - labels: Take the place of a classification that is not known.
    ///   - complexity: `low`, `medium`, or `high`, unless a word of the text says otherwise.
    ///   - fileEstimate: How many files the phase will touch.
    package init(
        title: String, content: String, classification: String?, labels: [String],
        complexity: String?, fileEstimate: Int?
    ) {
        let text = SearchText("\(title) \(content)")
        let kind = Self.kind(classification, labels)
        let isBackend = text.holds(anyOf: ["api", "backend", "database", "server"])
        let isTesting = text.holds(anyOf: ["test", "testing", "pytest", "vitest"])
        let isSurface = text.holds(anyOf: [
            "ui", "styling", "css", "style", "documentation", "readme", "docs",
        ])
        if isSurface, !isBackend, !isTesting, fileEstimate ?? 1 <= 2 {
            template = "adw_lightweight_iso"
            modelSet = "lightweight"
        } else {
            template = "adw_sdlc_complete_iso"
            let level = Self.complexity(text, complexity)
            modelSet = kind == "bug" ? "lightweight" : level == "high" ? "heavy" : "base"
        }
    }

    private static func kind(_ classification: String?, _ labels: [String]) -> String {
        for label in labels {
            if SearchText(label).holds("bug") { return "bug" }
            if SearchText(label).holds("chore") { return "chore" }
        }
        return classification ?? "feature"
    }

    private static func complexity(_ text: SearchText, _ given: String?) -> String {
        if text.holds(anyOf: ["simple", "trivial", "quick", "minor"]) { return "low" }
        if text.holds(anyOf: ["complex", "major", "significant", "large"]) { return "high" }
        return given ?? "medium"
    }
}
