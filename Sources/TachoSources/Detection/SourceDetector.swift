internal import TachoJSON
internal import TachoLog

/// Finds out what a file is.
///
/// What its first records say wins over its name and place: there are Claude transcripts labelled
/// as another agent's, and `.jsonl` files of pretty-printed objects. The name decides where the
/// records do not tell: an empty file, an `adw_state.json`, payloads without their event's name.
package enum SourceDetector {
    /// How much of a file is looked at first; files that do not tell by then, at the second size.
    static let headByteCounts = [64 << 10, 1 << 20]
    private static let maximumRecordCount = 256

    /// Tells from a file's place and its first plain bytes (`head`; `isWhole` if these are all).
    package static func detect(
        _ place: SourcePlace, head: UnsafeRawBufferPointer, isWhole: Bool
    ) -> Detection {
        var text = head
        if text.starts(with: ByteOrderMark.bytes) {
            text = UnsafeRawBufferPointer(rebasing: text[ByteOrderMark.bytes.count...])
        }
        if let first = text.first, first <= 0x0A, let form = OTLPFileForm.detect(text) {
            return Detection(.otlp, form)
        }
        let start = LineValues.firstNonBlank(text, from: 0)
        guard start < text.count else { return empty(place) }
        let form = form(of: UnsafeRawBufferPointer(rebasing: text[start...]), isWhole: isWhole)
        guard let form else {
            if hasLogLine(text) { return Detection(.adwLog, .text) }
            // Broken first lines do not make a log another thing.
            if let kind = kind(ofRecordsIn: text, .lines) { return refine(kind, .lines, place) }
            return Detection(isNamedAsLog(place) ? kindByName(place) ?? .notALog : .notALog)
        }
        if let kind = kind(ofRecordsIn: text, form) {
            if kind == .gemini, isLineOfGemini(text) { return Detection(.geminiLines) }
            return refine(kind, form, place)
        }
        return unknown(text, form, place)
    }

    /// Whether the first line is a whole object that has no messages, or others stand behind it.
    private static func isLineOfGemini(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let newline = text.firstIndex(of: 0x0A, from: 0) else { return false }
        let line = UnsafeRawBufferPointer(rebasing: text[..<newline])
        return (try? JSON.validate(line)) == .object  // Else it is a document over many lines.
            && (JSONView(validated: line)["messages"] == nil
                || LineValues.firstNonBlank(text, from: newline) < text.count)
    }

    // MARK: - Form

    /// How records follow each other; `nil` if this does not begin as JSON does.
    private static func form(of text: UnsafeRawBufferPointer, isWhole: Bool) -> RecordForm? {
        let newline = text.firstIndex(of: 0x0A, from: 0)
        let firstLine = UnsafeRawBufferPointer(rebasing: text[..<(newline ?? text.count)])
        switch text[0] {
        case UInt8(ascii: "{"):
            if opensOnly(firstLine) { return .rows }
            guard newline != nil, isCutOff(firstLine) else { return .lines }
            // An object that goes on behind the first line, or a line that was cut off there.
            return spansLines(text, newline ?? 0) ? .rows : .lines
        case UInt8(ascii: "["):
            guard let newline, !opensOnly(firstLine), !isCutOff(firstLine) else { return .array }
            // A whole array and then more: lines of the wrong type.
            return LineValues.firstNonBlank(text, from: newline) < text.count ? .lines : .array
        case UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return isValue(firstLine) ? .lines : nil
        default:
            return isValue(firstLine) ? .lines : nil
        }
    }

    /// Whether a line is nothing but an opening bracket, as pretty-printers begin.
    private static func opensOnly(_ line: UnsafeRawBufferPointer) -> Bool {
        LineValues.firstNonBlank(line, from: 1) == line.count
    }

    private static func isCutOff(_ line: UnsafeRawBufferPointer) -> Bool {
        do throws(JSONError) {
            _ = try JSON.validate(line)
            return false
        } catch {
            return error.reason == .unexpectedEnd
        }
    }

    private static func isValue(_ line: UnsafeRawBufferPointer) -> Bool {
        (try? JSON.validate(line)) != nil  // Only whether it is one is asked.
    }

    private static func spansLines(_ text: UnsafeRawBufferPointer, _ newline: Int) -> Bool {
        do throws(JSONError) {
            return try JSON.validateValue(in: text, from: 0).upperBound > newline
        } catch {
            return error.reason == .unexpectedEnd
        }
    }

    // MARK: - Records

    private static func kind(
        ofRecordsIn text: UnsafeRawBufferPointer, _ form: RecordForm
    ) -> SourceKind? {
        var count = 0
        var found: SourceKind?
        func ask(_ record: JSONView) -> Bool {
            count += 1
            found = RecordShape.kind(of: record)
            return found == nil && count < maximumRecordCount
        }
        switch form {
        case .lines:
            var offset = 0
            while offset < text.count, found == nil, count < maximumRecordCount {
                let end = text.firstIndex(of: 0x0A, from: offset) ?? text.count
                // Also a line cut off at the end of the head tells by its first members.
                _ = ask(JSONView(validated: UnsafeRawBufferPointer(rebasing: text[offset..<end])))
                offset = end + 1
            }
        case .array: JSONView(validated: text).forEachElement(ask)
        case .rows:
            var offset = 0
            while offset < text.count {
                let rest = UnsafeRawBufferPointer(rebasing: text[offset...])
                guard ask(JSONView(validated: rest)),
                    let range = try? JSON.validateValue(in: text, from: offset)  // Else it is over.
                else { break }
                offset = LineValues.firstNonBlank(text, from: range.upperBound)
            }
        case .text, .frames, .message: break
        }
        return found
    }

    /// Whether one of the first lines begins with time and level.
    private static func hasLogLine(_ text: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        var count = 0
        while offset < text.count, count < maximumRecordCount {
            let end = text.firstIndex(of: 0x0A, from: offset) ?? text.count
            if TextLine(UnsafeRawBufferPointer(rebasing: text[offset..<end])) != nil { return true }
            offset = end + 1
            count += 1
        }
        return false
    }

    // MARK: - Name and place

    private static func refine(
        _ kind: SourceKind, _ form: RecordForm, _ place: SourcePlace
    ) -> Detection {
        if kind == .agentOutput, place.hasLinesTwin { return Detection(.outputTwin, form) }
        // One object, on one line or on many, however long.
        if kind.isDocument { return Detection(kind, .rows) }
        return Detection(kind, form)
    }

    private static func unknown(
        _ text: UnsafeRawBufferPointer, _ form: RecordForm, _ place: SourcePlace
    ) -> Detection {
        if form == .rows || form == .lines, RecordShape.isCostEstimates(JSONView(validated: text)) {
            return Detection(.costEstimates, form)
        }
        if let kind = kindByName(place) {
            if kind == .agentOutput, place.hasLinesTwin { return Detection(.outputTwin, form) }
            return Detection(kind, form)
        }
        return Detection(isNamedAsLog(place) ? .unknownRecords : .notALog, form)
    }

    private static func empty(_ place: SourcePlace) -> Detection {
        guard let kind = kindByName(place) else { return Detection(.empty) }
        if kind == .agentOutput, place.hasLinesTwin { return Detection(.outputTwin) }
        return Detection(kind, kind == .adwLog ? .text : .lines)
    }

    private static func kindByName(_ place: SourcePlace) -> SourceKind? {
        let name = place.name
        if name.equals("adw_state.json") { return .adwState }
        if name.equals("completed_phases.json") { return .adwPhases }
        if name.equals("execution.log") { return .adwLog }
        if name.hasSuffix("raw_output.jsonl") || name.hasSuffix("raw_output.json") {
            return .agentOutput
        }
        if name.equals("hook_events.jsonl") { return .adwHookLog }
        if name.hasSuffix(".metadata.json") || name.hasSuffix(".meta.json") { return .sidecar }
        guard name.hasSuffix(".json") || name.hasSuffix(".jsonl") else { return nil }
        return HookEvent.name(fileName: name) == nil ? nil : .hookLog
    }

    /// Whether someone would expect records in it.
    private static func isNamedAsLog(_ place: SourcePlace) -> Bool {
        [".json", ".jsonl", ".ndjson", ".log"].contains { place.name.hasSuffix($0) }
    }
}
