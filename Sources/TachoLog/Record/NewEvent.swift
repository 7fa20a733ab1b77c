/// An event as a producer hands it in: everything but what the store adds.
public struct NewEvent: Hashable, Sendable {
    /// The producer's own id, which makes a repeated append harmless; `nil` gets a new UUIDv7.
    public var id: ByteString?
    /// The subject whose events belong together: a workflow or an agent session.
    public var stream: ByteString
    /// Dotted and lower-case, as in `tool.call`.
    public var type: ByteString
    /// Who observed it, as in `claude-code/hook`.
    public var source: ByteString
    /// Of the type's shape.
    public var version: Int
    /// When it happened by the producer's clock; `nil` is unknown.
    public var time: Timestamp?
    /// One JSON object on one line, whose bytes are kept as they are.
    public var data: [UInt8]

    public init(
        id: ByteString? = nil, stream: ByteString, type: ByteString, source: ByteString,
        version: Int = 1, time: Timestamp? = nil, data: [UInt8]
    ) {
        self.id = id
        self.stream = stream
        self.type = type
        self.source = source
        self.version = version
        self.time = time
        self.data = data
    }
}
