import Foundation
import TachoJSON
import TachoLog
import Testing

/// One case of a golden set: what the reference computes for an input.
struct GoldenCase: CustomTestStringConvertible, @unchecked Sendable {
    let id: String
    // @unchecked: values of JSONSerialization, which nobody changes.
    let input: [String: Any]
    let expected: Any

    var testDescription: String { id }

    /// The expected value as an object.
    var expectedObject: [String: Any] { expected as? [String: Any] ?? [:] }

    /// - Returns: No case, and so no test, if the file cannot be read: the caller expects some.
    static func load(_ name: String) -> [GoldenCase] {
        let path = directory + "/" + name + ".public.json"
        guard let data = FileManager.default.contents(atPath: path),
            let file = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let cases = file["cases"] as? [[String: Any]]
        else { return [] }
        return cases.map { entry in
            GoldenCase(
                id: entry["id"] as? String ?? name,
                input: entry["input"] as? [String: Any] ?? [:],
                expected: entry["expected"] ?? NSNull())
        }
    }

    private static var directory: String {
        ProcessInfo.processInfo.environment["TACHO_GOLDEN_DIR"] ?? packageRoot + "/Fixtures/golden"
    }
}

/// The directory of `Package.swift`.
let packageRoot: String = {
    var path = URL(fileURLWithPath: #filePath)
    while path.path != "/" {
        path.deleteLastPathComponent()
        if FileManager.default.fileExists(atPath: path.path + "/Package.swift") { break }
    }
    return path.path
}()

extension GoldenCase {
    /// Lends a member of the input as JSON; `nil` if it is absent.
    func withView<Result>(_ key: String, _ body: (JSONView?) throws -> Result) throws -> Result {
        guard let value = input[key] else { return try body(nil) }
        let bytes = try json(value)
        return try bytes.withUnsafeBytes { try body(JSONView(validated: $0)) }
    }

    func integer(_ key: String) -> Int64 {
        (input[key] as? NSNumber)?.int64Value ?? 0
    }
}

/// One value as JSON text.
func json(_ value: Any) throws -> [UInt8] {
    try [UInt8](JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed]))
}

extension String {
    /// Lends the text as bytes.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Array(utf8).withUnsafeBytes(body)
    }
}
