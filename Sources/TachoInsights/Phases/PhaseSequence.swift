/// Which phase follows in a workflow of the original templates.
///
/// Source: semantics §6.3 and §7.1, goldens `phase_sequence_next`, `phase_continuation_allowed`.
package enum PhaseSequence {
    /// - Returns: `nil` after the last phase, and for a phase or a template that is not known;
    ///   names are compared as they are written.
    package static func next(after phase: String, in template: String) -> String? {
        guard let phases = phases(of: template), let index = phases.firstIndex(of: phase),
            index + 1 < phases.count
        else { return nil }
        return phases[index + 1]
    }

    /// Whether the end of a phase starts the next one: these three are started by a person.
    ///
    /// Names are compared as they are written, as by ``next(after:in:)``.
    package static func continues(after phase: String, status: String) -> Bool {
        status == "completed" && !["Ship", "Cleanup", "Verify"].contains(phase)
    }

    package static func phases(of template: String) -> [String]? {
        switch template {
        case "adw_sdlc_complete_iso", "adw_sdlc_complete_zte_iso":
            [
                "Plan", "Validate", "Build", "Lint", "Test", "Review", "Document", "Ship",
                "Cleanup", "Verify",
            ]
        case "adw_sdlc_iso", "adw_sdlc_zte_iso":
            ["Plan", "Build", "Test", "Review", "Document", "Ship"]
        case "adw_sdlc_from_build_iso":
            ["Build", "Lint", "Test", "Review", "Document", "Ship", "Cleanup", "Verify"]
        case "adw_plan_build_iso": ["Plan", "Build"]
        case "adw_plan_build_test_iso", "adw_lightweight_iso": ["Plan", "Build", "Test"]
        case "adw_plan_build_test_review_iso": ["Plan", "Build", "Test", "Review"]
        case "adw_plan_build_document_iso": ["Plan", "Build", "Document"]
        case "adw_plan_build_review_iso": ["Plan", "Build", "Review"]
        case "adw_plan_iso": ["Plan"]
        default: nil
        }
    }
}
