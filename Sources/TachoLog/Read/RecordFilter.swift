/// Which records a reader is asked for.
///
/// Every condition given must hold; none given is all.
public struct RecordFilter: Hashable, Sendable {
    public var types: [TypePattern]
    public var streams: [ByteString]
    /// Bounds of the store's own time, both included.
    public var recordedFrom: Timestamp?
    public var recordedThrough: Timestamp?
    /// Whether a reader may give other records, too, where it has them at hand.
    ///
    /// For one who looks at every record anyway: a frame in which something matches is then passed
    /// on as it is, and nothing is copied.
    public var mayGiveOthers = false
    /// Whether a reader passes over events that have expired by their type without a word.
    ///
    /// For one who looks into what has expired by himself.
    package var passesExpired = false

    public static let all = RecordFilter()

    public init(
        types: [TypePattern] = [], streams: [ByteString] = [],
        recordedFrom: Timestamp? = nil, recordedThrough: Timestamp? = nil
    ) {
        self.types = types
        self.streams = streams
        self.recordedFrom = recordedFrom
        self.recordedThrough = recordedThrough
    }

    public func matches(_ record: RecordView) -> Bool {
        if let recordedFrom, record.recorded < recordedFrom { return false }
        if let recordedThrough, record.recorded > recordedThrough { return false }
        if !types.isEmpty, !types.contains(where: { $0.matches(record.type) }) { return false }
        if !streams.isEmpty, !streams.contains(where: { $0.bytes.elementsEqual(record.stream) }) {
            return false
        }
        return true
    }
}
