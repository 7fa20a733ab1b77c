import TachoCapture
package import TachoLog

/// How far one file has been read, and what came of it: the next import goes on there.
///
/// Only what is certain is kept: records whose events are durable in the log, or that stand in
/// quarantine. A file with a conflict has none, and is read whole each time.
package struct SourceCheckpoint: Hashable, Sendable {
    /// The file as it was.
    package var stamp: FileStamp
    /// Whether the clock had gone on since the file was changed: only then does an equal stamp mean
    /// an equal file.
    package var isSettled: Bool
    package var kind: SourceKind
    package var form: RecordForm
    /// How the records were to be read (``ImportOptions/rules``): by others they may be others.
    package var rules: String
    /// Behind the last whole line; of other forms, the file's end.
    package var offset: Int
    /// All plain bytes of the file; more than `stamp` says of a compressed one.
    package var plainByteCount: Int
    /// What the bytes before `offset` are known by (``SourceFile/fingerprint(before:)``); `nil` if
    /// reading cannot go on in the middle of this file.
    package var fingerprint: Digest256?
    /// The chain of ids behind the last whole line; `nil` where ``fingerprint`` is.
    package var chain: Digest256?
    /// Records before `offset`.
    package var recordCount: Int
    package var rejectedCount: Int
    package var quarantinedCount: Int
    package var rejections: [FileReport.Rejection]

    /// Whether nothing behind `offset` was there to be read.
    package var isAtEnd: Bool { offset == stamp.byteCount }
}

/// The checkpoints of all files that were imported into one store.
///
/// The file `SOURCES` of the store: a header, then a line for each file, in the order of their
/// paths.
///
/// ```
/// {"sources":1,"store":"019…","position":812,"line_crc32c":"9ae0daaf","files":2}
/// {"path":"/a/b.jsonl","device":"1","inode":"2","bytes":300,"modified":1763…,"settled":true,"kind":"transcript","form":"lines","rules":"kind= secrets=off","offset":300,"plain_bytes":300,"fingerprint":"…","chain":"…","records":3,"rejected":1,"quarantined":1,"rejections":[["unexpectedEnd",120,140]]}
/// ```
///
/// It may be lost or old at any time: then files are read again, and their records are found to be
/// there. It is refused if the log does not hold what it held when this was written, as after
/// restoring a backup.
package struct SourceCheckpoints: Equatable, Sendable {
    package var files: [String: SourceCheckpoint] = [:]

    package init() {}
}
