import Foundation
import TestSupport

/// A set of the reference's inputs with what it computes for them.
struct GoldenSet: Sendable {
    struct Case: Sendable {
        let id: String
        let input: GoldenValue
        let expected: GoldenValue
        fileprivate let comparison: Comparison

        /// Whether a value is the expected one, by the rules of its set.
        func agrees(_ value: GoldenValue) -> Bool { comparison.equal(value, expected) }

        /// Whether two values are the same by the rules of the set.
        func same(_ left: GoldenValue, _ right: GoldenValue) -> Bool {
            comparison.equal(left, right)
        }
    }

    let file: String
    /// What the file's name begins with: `trend.public.json` is `trend`.
    let name: String
    let cases: [Case]

    /// The folder of the sets: `TACHO_GOLDEN_DIR`, or the one of the repository.
    static let directory: String =
        ProcessInfo.processInfo.environment["TACHO_GOLDEN_DIR"]
        ?? SampleData.packageRoot + "/Fixtures/golden"

    /// All sets of the folder, by name: `NAME.ANYTHING.json`, without the `.dataset` of others.
    static func load() throws -> [GoldenSet] {
        let files = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        return try files.compactMap { file in
            let parts = file.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[2] == "json", parts[1] != "dataset" else { return nil }
            return try GoldenSet(file: file, name: String(parts[0]))
        }
    }

    private init(file: String, name: String) throws {
        guard let content = Self.value(ofFile: file) else {
            throw CocoaError(.fileReadCorruptFile)
        }
        let comparison = Comparison(content["compare"])
        self.file = file
        self.name = name
        cases = content["cases"].list.map {
            Case(
                id: $0["id"].text ?? name, input: $0["input"], expected: $0["expected"],
                comparison: comparison)
        }
    }

    /// The content of a file of the folder; of the repository's folder if it is not there.
    static func value(ofFile file: String) -> GoldenValue? {
        let data =
            FileManager.default.contents(atPath: directory + "/" + file)
            ?? FileManager.default.contents(
                atPath: SampleData.packageRoot + "/Fixtures/golden/" + file)
        return data.flatMap { GoldenValue(json: [UInt8]($0)) }
    }
}

/// When two values are equal: the `compare` of a set.
private struct Comparison: Sendable {
    private let relativeTolerance: Double
    private let absoluteTolerance: Double
    /// A member whose ties have no order.
    private let tieKey: String?

    init(_ rules: GoldenValue) {
        relativeTolerance = rules["number_rel_tol"].double ?? 0
        absoluteTolerance = rules["number_abs_tol"].double ?? 0
        tieKey = rules["unordered_on_ties"].text
    }

    func equal(_ left: GoldenValue, _ right: GoldenValue) -> Bool {
        switch (left, right) {
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.text(let left), .text(let right)): return left.utf8.elementsEqual(right.utf8)
        case (.list(let left), .list(let right)):
            guard left.count == right.count else { return false }
            let (left, right) = (settlingTies(left), settlingTies(right))
            return zip(left, right).allSatisfy { equal($0, $1) }
        case (.object(let left), .object(let right)):
            guard Set(left.map(\.key)) == Set(right.map(\.key)) else { return false }
            let other = GoldenValue.object(right)
            return left.allSatisfy { equal($0.value, other[$0.key]) }
        default:
            guard let left = left.double, let right = right.double else { return false }
            let tolerance = max(
                absoluteTolerance, relativeTolerance * max(abs(left), abs(right)))
            return left == right || abs(left - right) <= tolerance
        }
    }

    /// Puts a block of ties in the order of its text.
    private func settlingTies(_ list: [GoldenValue]) -> [GoldenValue] {
        guard let tieKey else { return list }
        var settled: [GoldenValue] = []
        var block: [GoldenValue] = []
        for element in list {
            if let last = block.last, !equal(last[tieKey], element[tieKey]) {
                settled += block.sorted { $0.json < $1.json }
                block = []
            }
            block.append(element)
        }
        return settled + block.sorted { $0.json < $1.json }
    }
}
