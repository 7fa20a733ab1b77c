internal import TachoJSON
internal import TachoLog

/// What a `setup` has done to a settings file, kept beside it for its undoing.
///
/// ```
/// {"sha256":"9f3a…","existed":true,"entries":["hooks.Stop","statusLine"]}
/// ```
struct SettingsReceipt: Hashable {
    /// Of the file as it was written; while it is still so, the backup is what was there before.
    ///
    /// Empty once the file was changed between two setups: then entries are removed one by one.
    var hash: String
    /// Whether there was a file before.
    var existed: Bool
    var entries: [String]

    static func hash(_ bytes: [UInt8]) -> String {
        SHA256.hash(bytes).hex
    }

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("sha256")
        writer.value(hash)
        writer.key("existed")
        writer.value(existed)
        writer.key("entries")
        writer.beginArray()
        for entry in entries { writer.value(entry) }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [0x0A]
    }
}

extension SettingsReceipt {
    /// Reads ``bytes``; `nil` for anything else.
    init?(_ bytes: [UInt8]) {
        guard (try? JSON.validate(bytes)) == .object else { return nil }  // Else it is not ours.
        let receipt = bytes.withUnsafeBytes { bytes -> SettingsReceipt? in
            let view = JSONView(validated: bytes)
            guard let hash = view["sha256"]?.string(), let existed = view["existed"]?.boolean()
            else { return nil }
            var entries: [String] = []
            view["entries"]?.forEachElement { entry in
                if let entry = entry.string() { entries.append(entry) }
                return true
            }
            return SettingsReceipt(hash: hash, existed: existed, entries: entries)
        }
        guard let receipt else { return nil }
        self = receipt
    }
}
