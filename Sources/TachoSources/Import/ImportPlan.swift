package import TachoLog

/// What an import would read, without reading more than the files' heads.
package struct ImportPlan: Sendable {
    package struct Entry: Hashable, Sendable {
        package let path: String
        package let kind: SourceKind
        package let form: RecordForm
        package let byteCount: Int
        /// Why it would not be imported; `nil` if it would.
        package let reason: String?
    }

    package private(set) var entries: [Entry] = []

    package init(_ paths: [String]) throws(LogError) {
        var planner = Planner()
        for path in paths { try SourceTree.walk(path, &planner) }
        entries = planner.entries
    }

    private struct Planner: SourceVisitor {
        var entries: [Entry] = []

        mutating func visit(_ file: consuming SourceFile, _ place: SourcePlace, _ stamp: FileStamp)
        {
            do throws(SourceError) {
                let detection = try file.detect(place)
                add(place, detection, stamp.byteCount, detection.kind.reason)
            } catch {
                add(place, Detection(.unreadable), stamp.byteCount, error.message)
            }
        }

        mutating func visit(_ run: RunDirectory) {
            add(run.place, Detection(.adwDirectory), 0, nil)
        }

        mutating func skip(_ place: SourcePlace, _ kind: SourceKind, note: String?) {
            add(place, Detection(kind), 0, note ?? kind.reason)
        }

        private mutating func add(
            _ place: SourcePlace, _ detection: Detection, _ byteCount: Int, _ reason: String?
        ) {
            entries.append(
                Entry(
                    path: place.path, kind: detection.kind, form: detection.form,
                    byteCount: byteCount, reason: reason))
        }
    }
}

extension SourceFile {
    /// Looks at the file's head, and at a longer one if the first does not tell.
    mutating func detect(_ place: SourcePlace) throws(SourceError) -> Detection {
        var detection = Detection(.unknownRecords)
        for byteCount in SourceDetector.headByteCounts {
            let head = try head(byteCount)
            let isWhole = head.count < byteCount
            detection = head.withUnsafeBytes {
                SourceDetector.detect(place, head: $0, isWhole: isWhole)
            }
            if isWhole || detection.kind != .unknownRecords && detection.kind != .notALog { break }
        }
        try rewind()
        return detection
    }
}
