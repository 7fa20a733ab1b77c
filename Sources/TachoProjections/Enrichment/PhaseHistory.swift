import TachoJSON
package import TachoLog

/// The phase events of one workflow, as far as its metrics need them.
///
/// Kept in a hidden column as JSON, one array an event: name, status, start, end, duration
/// (microseconds or `null`), attempts, category of the error.
///
/// One phase of a real run is logged up to three times: a start, the tool tracker's record with the
/// phase's own start, and the completion, whose start is the *workflow's* and whose duration is
/// therefore cumulative (B20; semantics §2.6).
///
/// Source: semantics §4.13, "proposed here".
package struct PhaseHistory: Sendable {
    package enum Status: Int64, Sendable {
        case started
        case completed
        case failed
        case skipped
    }

    package struct Entry: Hashable, Sendable {
        /// In lower case: cost data and logs spell the same phase in two ways.
        package var name: ByteString
        package var status: Status
        package var start: Timestamp?
        package var end: Timestamp?
        /// Microseconds, for a record that gives no start.
        package var duration: Int64?
        /// Given by the record, else 1.
        package var attempts: Int64 = 1
        /// Of a failure.
        package var category: ErrorCategory?

        package init(name: ByteString, status: Status) {
            self.name = name
            self.status = status
        }
    }

    package private(set) var entries: [Entry] = []
    /// In the order in which they first appear.
    private(set) var phases: [ByteString] = []
    /// Of each entry: the index of its phase.
    private(set) var phaseNumbers: [Int] = []

    /// A workflow has a dozen phases.
    ///
    /// One that never ends to log them keeps its oldest.
    static let entryLimit = 512

    package init() {}

    /// A workflow that logs phases for ever has long said all that is kept of them.
    var isFull: Bool { entries.count == Self.entryLimit }

    package mutating func append(_ entry: Entry) {
        if !isFull { add(entry) }
    }

    private mutating func add(_ entry: Entry) {
        if let number = phases.firstIndex(of: entry.name) {
            phaseNumbers.append(number)
        } else {
            phaseNumbers.append(phases.count)
            phases.append(entry.name)
        }
        entries.append(entry)
    }
}

// MARK: - In its column

extension PhaseHistory {
    init(json: UnsafeRawBufferPointer?) {
        guard let json else { return }
        JSONView(validated: json).forEachElement { element in
            var cells: [JSONView] = []
            cells.reserveCapacity(7)
            element.forEachElement {
                cells.append($0)
                return true
            }
            guard cells.count == 7, let name = cells[0].text(),
                let status = cells[1].integer().flatMap(Status.init)
            else { return true }
            var entry = Entry(name: ByteString(name), status: status)
            entry.start = cells[2].integer().map { Timestamp(microseconds: $0) }
            entry.end = cells[3].integer().map { Timestamp(microseconds: $0) }
            entry.duration = cells[4].integer()
            entry.attempts = cells[5].integer() ?? 1
            entry.category =
                cells[6].withText { name in
                    ErrorCategory.allCases.first { name.elementsEqual($0.nameBytes) }
                } ?? nil
            add(entry)
            return true
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for entry in entries {
            writer.beginArray()
            writer.value(entry.name.bytes)
            writer.value(entry.status.rawValue)
            writer.valueOrNull(entry.start?.microseconds)
            writer.valueOrNull(entry.end?.microseconds)
            writer.valueOrNull(entry.duration)
            writer.value(entry.attempts)
            if let category = entry.category {
                writer.value(category.name)
            } else {
                writer.value(nil)
            }
            writer.endArray()
        }
        writer.endArray()
        return writer.bytes
    }
}

extension ErrorCategory {
    var nameBytes: [UInt8] { name.withUTF8Buffer { Array($0) } }
}

extension JSONWriter {
    mutating func valueOrNull(_ number: Int64?) {
        if let number { value(number) } else { value(nil) }
    }
}
