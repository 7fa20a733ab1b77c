import TachoJSON
import TachoLog

/// The phases of a workflow that ended last, in the order of their ends.
///
/// Kept in a hidden cell: `[["plan",1767348000000000],…]`, microseconds.
struct RecentEnds {
    private(set) var ends: [(phase: ByteString, end: Timestamp)] = []

    /// A workflow has ten phases; more at a time than this run beside each other nowhere.
    static let limit = 16

    init() {}

    init(json: UnsafeRawBufferPointer) {
        JSONView(validated: json).forEachElement { element in
            var phase: ByteString?
            element.forEachElement { cell in
                if let name = cell.text() {
                    phase = ByteString(name)
                } else if let phase, let end = cell.integer() {
                    ends.append((phase, Timestamp(microseconds: end)))
                }
                return true
            }
            return true
        }
    }

    var json: [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for (phase, end) in ends {
            writer.beginArray()
            writer.value(phase.bytes)
            writer.value(end.microseconds)
            writer.endArray()
        }
        writer.endArray()
        return writer.bytes
    }

    /// Notes an end; a phase that ends again has ended last the last time.
    mutating func note(_ phase: ByteString, _ end: Timestamp) {
        ends.removeAll { $0.phase == phase && $0.end <= end }
        let place = ends.firstIndex { $0.end > end } ?? ends.endIndex
        ends.insert((phase, end), at: place)
        if ends.count > Self.limit { ends.removeFirst() }
    }

    /// The phase that ended last by then, other than `phase`.
    func last(by moment: Timestamp, except phase: ByteString) -> ByteString? {
        ends.last { $0.end <= moment && $0.phase != phase }?.phase
    }

    /// The last end before that moment, of any phase.
    func lastEnd(before moment: Timestamp) -> Timestamp? {
        ends.last { $0.end < moment }?.end
    }

    func hasOther(than phase: ByteString) -> Bool {
        ends.contains { $0.phase != phase }
    }
}
