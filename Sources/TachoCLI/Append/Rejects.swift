import TachoCapture
import TachoJSON
import TachoLog

/// What was refused of an input: counted, told, and kept in the store's quarantine.
struct Rejects {
    /// For people: where, and why.
    struct Reject {
        let line: Int
        /// Of the byte at fault, from the beginning of the input.
        let offset: Int
        let reason: String

        /// Writes the members `line`, `offset`, and `reason`.
        func write(to writer: inout JSONWriter) {
            writer.key("line")
            writer.value(line)
            writer.key("offset")
            writer.value(offset)
            writer.key("reason")
            writer.value(reason)
        }
    }

    private(set) var count = 0
    /// Of those, how many could not be kept.
    private(set) var lostCount = 0
    /// The first ones.
    private(set) var first: [Reject] = []

    static let shownLimit = 20
    private static let listedLimit = 100

    private let source: String
    private var quarantine: Quarantine

    /// - Parameters:
    ///   - source: Whose records they are.
    ///   - layout: Of the store.
    init(of source: String, _ layout: StoreLayout) {
        self.source = source
        quarantine = Quarantine(directory: layout.quarantine)
    }

    var keptCount: Int { count - lostCount }

    /// The file in `quarantine/` that has them; `nil` if it has none.
    var file: String? {
        guard keptCount > 0 else { return nil }
        return quarantine.path(for: source).split(separator: "/").last.map(String.init)
    }

    mutating func add(_ record: RejectedRecord, line: Int) {
        count += 1
        if first.count < Self.listedLimit {
            first.append(
                Reject(line: line, offset: record.faultOffset, reason: record.reason.message))
        }
        if !quarantine.append(record, source: source, kind: "append", at: .now) { lostCount += 1 }
    }
}
