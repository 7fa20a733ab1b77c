/// What the priority of a queued phase is called.
///
/// Source: semantics §1.10, golden `priority_name`.
package enum QueuePriority {
    /// Of a phase that was queued without one.
    package static let normal: Int64 = 50

    /// Up to 10 urgent, 20 high, 50 normal, 70 low, else background.
    package static func name(of priority: Int64) -> StaticString {
        switch priority {
        case ...10: "urgent"
        case ...20: "high"
        case ...50: "normal"
        case ...70: "low"
        default: "background"
        }
    }
}
