import TachoLog

/// The key by which a report of a workflow's end is known to be a repetition.
///
/// Source: semantics §7.7, golden `workflow_complete_webhook_id`.
package enum WebhookID {
    /// 16 hexadecimal digits: the first of SHA-256 of `workflow:status:queue`.
    ///
    /// No queue is the text `None`, as in the reference; an empty one is another key.
    package static func ofCompletion(workflow: String, status: String, queue: String?) -> String {
        shortHash("\(workflow):\(status):\(queue ?? "None")")
    }

    /// The first 16 hexadecimal digits of a text's SHA-256.
    package static func shortHash(_ text: String) -> String {
        String(SHA256.hash(Array(text.utf8)).hex.prefix(16))
    }
}
