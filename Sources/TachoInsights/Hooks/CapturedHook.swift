/// The members of an event as the original hooks store it, by the kind of the hook.
///
/// Kept for comparing with stores of the original; Tacho records the payload as it is given.
///
/// Source: semantics §2.5, golden `hook_capture`.
package struct CapturedHook: Sendable {
    /// What a payload keeps of the hook's input, and what stands there if it is missing.
    package enum Payload: Sendable {
        case beforeTool
        case afterTool
        /// The input as it is.
        case whole
    }

    package let workflow: String?
    package let session: String
    package let payload: Payload

    package init(event: String, session: String?, workflow: String?) {
        self.workflow = workflow
        self.session = session ?? "unknown"
        switch event {
        case "PreToolUse": payload = .beforeTool
        case "PostToolUse": payload = .afterTool
        default: payload = .whole
        }
    }

    /// The program that the event comes from.
    package var source: String { workflow.map { "adw_\($0)" } ?? "unknown" }
}
