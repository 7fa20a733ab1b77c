package import TachoCapture
internal import TachoLog

/// What importing one file came to.
package struct FileReport: Sendable {
    package let path: String
    package let kind: SourceKind
    /// Why nothing was imported from it; `nil` where its records were read.
    package var reason: String?
    /// Records found, good or not.
    package var recordCount = 0
    /// Events that are new in the log.
    package var eventCount = 0
    /// Records whose event was in the log already.
    package var duplicateCount = 0
    /// Records whose id another event in the log has; that one was kept.
    package var conflictCount = 0
    /// Records that could not become events.
    package var rejectedCount = 0
    /// How many of the rejected ones a checkpoint knows: an earlier reading has told of them.
    package var knownRejectedCount = 0
    /// How many of the rejected ones stand in the quarantine now.
    package var quarantinedCount = 0
    /// Where the first rejected ones are, and why.
    package var rejections: [Rejection] = []
    /// Plain bytes that the records are from.
    package var byteCount = 0
    /// How many of them were not read this time: a checkpoint knows what came of them.
    package var knownByteCount = 0
    package var hasByteOrderMark = false
    /// Why reading ended before the file did; what came before was imported.
    package var problem: String?

    package struct Rejection: Hashable, Sendable {
        package let reason: RejectionReason
        package let offset: Int
        package let faultOffset: Int
    }

    static let maximumRejectionCount = 10

    package init(path: String, kind: SourceKind, reason: String? = nil) {
        self.path = path
        self.kind = kind
        self.reason = reason
    }

    /// Every record has become one thing and only one.
    package var isBalanced: Bool {
        recordCount == eventCount + duplicateCount + conflictCount + rejectedCount
    }

    mutating func count(_ outcome: AppendOutcome) {
        switch outcome {
        case .appended: eventCount += 1
        case .duplicate: duplicateCount += 1
        case .conflict: conflictCount += 1
        }
    }
}

/// What an import came to: every file it met, imported or not, in the order of the walk.
package struct ImportReport: Sendable {
    package var files: [FileReport] = []
    /// Files not read, because this importer has read them before as they are now.
    package var unchangedFileCount = 0
    /// In the data of all events that were made, new or not.
    package var secrets = SecretReport()

    package init() {}

    package var recordCount: Int { sum(\.recordCount) }
    package var eventCount: Int { sum(\.eventCount) }
    package var duplicateCount: Int { sum(\.duplicateCount) }
    package var conflictCount: Int { sum(\.conflictCount) }
    package var rejectedCount: Int { sum(\.rejectedCount) }
    package var quarantinedCount: Int { sum(\.quarantinedCount) }
    package var byteCount: Int { sum(\.byteCount) }
    package var knownByteCount: Int { sum(\.knownByteCount) }
    /// Files that could not be read, or not to their end.
    package var problemCount: Int {
        files.count { $0.problem != nil || $0.kind == .unreadable }
    }
    /// Rejected records that no earlier reading has told of.
    package var newlyRejectedCount: Int {
        sum(\.rejectedCount) - sum(\.knownRejectedCount)
    }
    package var isBalanced: Bool { files.allSatisfy(\.isBalanced) }

    private func sum(_ count: KeyPath<FileReport, Int>) -> Int {
        files.reduce(0) { $0 + $1[keyPath: count] }
    }
}

/// How far an import is, for showing.
package struct ImportProgress: Sendable {
    package let path: String
    package let fileCount: Int
    package let recordCount: Int
    package let byteCount: Int
}
