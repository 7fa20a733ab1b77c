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

/// Types that end in a word from outside.
enum DerivedType {
    static let maximumWordByteCount = 64

    /// `prefix` and the word, if it may stand in a type; else `prefix` and `unknown`.
    ///
    /// A word is of `[A-Za-z0-9_.-]`, 1 to 64 bytes: what comes from outside must not be able to
    /// look like another family of types, nor fill an envelope.
    static func make(_ prefix: ByteString, _ word: [UInt8]?) -> ByteString {
        guard let word, isWord(word) else { return ByteString(prefix.bytes + "unknown".utf8) }
        return ByteString(prefix.bytes + word)
    }

    static func isWord(_ bytes: [UInt8]) -> Bool {
        (1...maximumWordByteCount).contains(bytes.count)
            && bytes.allSatisfy { $0.isASCIIAlphanumeric || "_.-".utf8.contains($0) }
    }
}

extension UInt8 {
    var lowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }

    var isASCIIDigit: Bool { self &- 0x30 < 10 }

    var isASCIIAlphanumeric: Bool {
        isASCIIDigit || (self | 0x20) &- UInt8(ascii: "a") < 26
    }
}
