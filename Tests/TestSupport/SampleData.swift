internal import Foundation

/// Real logs: the bundled sample, and the larger collection where a machine has it.
package enum SampleData {
    package static var packageRoot: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    package static var bundled: String { packageRoot + "/Fixtures/sample" }

    /// `TACHO_SHARED_DATA`, else `../shared/data` beside the package; `nil` if there is none.
    ///
    /// Without symbolic links and `..`, as an import names its files.
    package static let shared: String? = {
        let path =
            ProcessInfo.processInfo.environment["TACHO_SHARED_DATA"]
            ?? packageRoot + "/../shared/data"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return URL(fileURLWithPath: path).standardized.resolvingSymlinksInPath().path
    }()

    package static var all: [String] { [bundled] + (shared.map { [$0] } ?? []) }
}
