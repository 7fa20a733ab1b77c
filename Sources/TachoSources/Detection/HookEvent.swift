import TachoCapture
package import TachoLog

/// The names of Claude Code's hook events, and the event types made from them.
package enum HookEvent {
    /// As documented for version 2.1.240 (ecosystem §3.1).
    ///
    /// Others are taken too; this list only says which word of a file's name stands for which.
    package static let names: [StaticString] = [
        "SessionStart", "Setup", "UserPromptSubmit", "UserPromptExpansion", "PreToolUse",
        "PermissionRequest", "PermissionDenied", "PostToolUse", "PostToolUseFailure",
        "PostToolBatch", "Notification", "MessageDisplay", "SubagentStart", "SubagentStop",
        "TaskCreated", "TaskCompleted", "Stop", "StopFailure", "TeammateIdle",
        "InstructionsLoaded", "ConfigChange", "CwdChanged", "DirectoryAdded", "FileChanged",
        "WorktreeCreate", "WorktreeRemove", "PreCompact", "PostCompact", "Elicitation",
        "ElicitationResult", "SessionEnd",
    ]

    /// The event that a log's file name tells: `pre_tool_use.2025-07-21.json`, `pretool_use.json`,
    /// and `PreToolUse.jsonl` all say `PreToolUse`.
    ///
    /// Compared up to the name's first dot, without case, `_`, and `-`.
    package static func name(fileName: [UInt8]) -> ByteString? {
        let stem = fileName.prefix { $0 != UInt8(ascii: ".") }
        let word = stem.filter { $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "-") }
            .map(\.lowercased)
        for name in names {
            let bytes = name.withUTF8Buffer { Array($0) }
            if bytes.map(\.lowercased) == word { return ByteString(bytes) }
        }
        return nil
    }
}
