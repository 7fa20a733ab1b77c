import Foundation
import TachoCapture
import TachoLog
import TachoSources
import TestSupport

/// A file of the repository's own.
func fixture(_ path: String) -> String {
    SampleData.packageRoot + "/Fixtures/" + path
}

extension TemporaryDirectory {
    /// Writes a file and the directories above it.
    @discardableResult
    func write(_ name: String, _ content: some Sequence<UInt8>) throws -> String {
        let url = URL(filePath: file(name))
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(content).write(to: url)
        return url.path()
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try write(name, text.utf8)
    }

    func append(_ name: String, _ text: String) throws {
        let handle = try FileHandle(forWritingTo: URL(filePath: file(name)))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }
}

/// Imports paths into a sink that may hold something already.
func importing(
    _ paths: [String], into sink: inout MemorySink, quarantine: Quarantine? = nil,
    options: ImportOptions = ImportOptions()
) throws -> ImportReport {
    var importer = Importer(sink, quarantine: quarantine, options: options)
    defer { sink = importer.sink }
    return try importer.run(paths)
}

/// Imports paths into an empty sink.
func importing(_ paths: String...) throws -> (report: ImportReport, events: [NewEvent]) {
    var sink = MemorySink()
    let report = try importing(paths, into: &sink)
    return (report, sink.events)
}
