/// One field of an OTLP message: how it is numbered on the wire, named in JSON, and named in ours.
struct OTLPField: Sendable {
    /// What a field holds, with protobuf's name for it.
    enum Kind: Sendable {
        /// `string`
        case text
        /// `bytes` that are an id: hexadecimal in OTLP/JSON, and in ours.
        case id
        /// `bool`
        case flag
        /// `uint32`, `uint64`
        case count
        /// `int32`, and every `enum`
        case number
        /// `sint32`
        case zigzag
        /// `fixed64`
        case fixed64
        /// `sfixed64`
        case signedFixed64
        /// `fixed32`
        case fixed32
        /// `double`
        case real
        /// `AnyValue`
        case value
        /// `repeated KeyValue`, which becomes one flat object.
        case attributes
        case message([OTLPField])
    }

    let number: UInt64
    /// In our events, and in protobuf's text.
    let name: StaticString
    /// In OTLP/JSON.
    let jsonName: StaticString
    let kind: Kind
    var isRepeated = false
    /// Whether 0 is told apart from nothing: `optional`, or one of a `oneof`.
    var hasPresence = false

    init(
        _ number: UInt64, _ name: StaticString, _ jsonName: StaticString, _ kind: Kind,
        repeated: Bool = false, optional: Bool = false
    ) {
        self.number = number
        self.name = name
        self.jsonName = jsonName
        self.kind = kind
        isRepeated = repeated
        hasPresence = optional
    }
}

/// The messages of OTLP 1.x, field by field, in the order in which an event says them.
///
/// Fields that are not here (references into a profile's dictionary, and what later versions add)
/// are passed over in both encodings, as OTLP asks.
///
/// Source: opentelemetry-proto 1.x, `opentelemetry/proto/{common,resource,logs,metrics,trace}/v1`.
enum OTLPSchema {
    static let resource: [OTLPField] = [
        OTLPField(1, "attributes", "attributes", .attributes),
        OTLPField(2, "dropped_attributes_count", "droppedAttributesCount", .count),
        OTLPField(3, "entity_refs", "entityRefs", .message(entityReference), repeated: true),
    ]

    private static let entityReference: [OTLPField] = [
        OTLPField(1, "schema_url", "schemaUrl", .text),
        OTLPField(2, "type", "type", .text),
        OTLPField(3, "id_keys", "idKeys", .text, repeated: true),
        OTLPField(4, "description_keys", "descriptionKeys", .text, repeated: true),
    ]

    static let scope: [OTLPField] = [
        OTLPField(1, "name", "name", .text),
        OTLPField(2, "version", "version", .text),
        OTLPField(3, "attributes", "attributes", .attributes),
        OTLPField(4, "dropped_attributes_count", "droppedAttributesCount", .count),
    ]

    /// Of a group of a resource, and of one of a scope.
    static let schemaURL = OTLPField(3, "schema_url", "schemaUrl", .text)

    // MARK: Logs

    static let logRecord: [OTLPField] = [
        OTLPField(1, "time_unix_nano", "timeUnixNano", .fixed64),
        OTLPField(11, "observed_time_unix_nano", "observedTimeUnixNano", .fixed64),
        OTLPField(12, "event_name", "eventName", .text),
        OTLPField(2, "severity_number", "severityNumber", .number),
        OTLPField(3, "severity_text", "severityText", .text),
        OTLPField(5, "body", "body", .value),
        OTLPField(6, "attributes", "attributes", .attributes),
        OTLPField(7, "dropped_attributes_count", "droppedAttributesCount", .count),
        OTLPField(8, "flags", "flags", .fixed32),
        OTLPField(9, "trace_id", "traceId", .id),
        OTLPField(10, "span_id", "spanId", .id),
    ]

    // MARK: Traces

    static let span: [OTLPField] = [
        OTLPField(1, "trace_id", "traceId", .id),
        OTLPField(2, "span_id", "spanId", .id),
        OTLPField(4, "parent_span_id", "parentSpanId", .id),
        OTLPField(3, "trace_state", "traceState", .text),
        OTLPField(16, "flags", "flags", .fixed32),
        OTLPField(5, "name", "name", .text),
        OTLPField(6, "kind", "kind", .number),
        OTLPField(7, "start_time_unix_nano", "startTimeUnixNano", .fixed64),
        OTLPField(8, "end_time_unix_nano", "endTimeUnixNano", .fixed64),
        OTLPField(9, "attributes", "attributes", .attributes),
        OTLPField(10, "dropped_attributes_count", "droppedAttributesCount", .count),
        OTLPField(11, "events", "events", .message(spanEvent), repeated: true),
        OTLPField(12, "dropped_events_count", "droppedEventsCount", .count),
        OTLPField(13, "links", "links", .message(link), repeated: true),
        OTLPField(14, "dropped_links_count", "droppedLinksCount", .count),
        OTLPField(15, "status", "status", .message(status)),
    ]

    private static let spanEvent: [OTLPField] = [
        OTLPField(1, "time_unix_nano", "timeUnixNano", .fixed64),
        OTLPField(2, "name", "name", .text),
        OTLPField(3, "attributes", "attributes", .attributes),
        OTLPField(4, "dropped_attributes_count", "droppedAttributesCount", .count),
    ]

    private static let link: [OTLPField] = [
        OTLPField(1, "trace_id", "traceId", .id),
        OTLPField(2, "span_id", "spanId", .id),
        OTLPField(3, "trace_state", "traceState", .text),
        OTLPField(4, "attributes", "attributes", .attributes),
        OTLPField(5, "dropped_attributes_count", "droppedAttributesCount", .count),
        OTLPField(6, "flags", "flags", .fixed32),
    ]

    private static let status: [OTLPField] = [
        OTLPField(2, "message", "message", .text),
        OTLPField(3, "code", "code", .number),
    ]
}
