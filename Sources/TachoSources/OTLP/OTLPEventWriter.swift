import TachoCapture
import TachoJSON
import TachoLog

/// Makes events of records, each with all that its request says of it.
///
/// ```
/// log     {"signal":"log", members of the record, "scope":{…}, "resource":{…}}
/// span    {"signal":"span", members of the span, "scope":{…}, "resource":{…}}
/// metric  {"signal":"metric","metric":{"name":…,"unit":…,"points":"sum",…},
///          members of the point, "scope":{…}, "resource":{…}}
/// ```
struct OTLPEventWriter {
    private let signal: OTLPSignal
    private var resource: [UInt8] = []
    private var resourceSchemaURL: [UInt8] = []
    private var scope: [UInt8] = []
    private var scopeSchemaURL: [UInt8] = []

    init(_ signal: OTLPSignal) {
        self.signal = signal
    }

    // MARK: Around the records

    mutating func enter(resourceOf group: OTLPNode) throws(OTLPFault) {
        resource = try Self.object(group.child(1, "resource"), OTLPSchema.resource)
        resourceSchemaURL = try Self.schemaURL(of: group)
    }

    mutating func enter(scopeOf group: OTLPNode) throws(OTLPFault) {
        scope = try Self.object(group.child(1, "scope"), OTLPSchema.scope)
        scopeSchemaURL = try Self.schemaURL(of: group)
    }

    private static func object(
        _ node: OTLPNode?, _ fields: [OTLPField]
    ) throws(OTLPFault) -> [UInt8] {
        guard let node else { return [] }
        var writer = JSONWriter()
        writer.beginObject()
        try node.writeMembers(fields, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// As the members of an object: `{"schema_url":"…"}`, or `{}`.
    private static func schemaURL(of group: OTLPNode) throws(OTLPFault) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        try group.writeReadableMembers([OTLPSchema.schemaURL], to: &writer)
        writer.endObject()
        return writer.bytes.withUnsafeBytes {
            JSONView(validated: $0)["schema_url"].map { Array($0.bytes) } ?? []
        }
    }

    // MARK: Records

    func write(
        _ record: OTLPNode, _ body: (OTLPItem) throws(LogError) -> Void
    ) throws(LogError) {
        switch signal {
        case .logs: try body(item(record, "log", OTLPSchema.logRecord))
        case .traces: try body(item(record, "span", OTLPSchema.span))
        case .metrics: try writePoints(of: record, body)
        }
    }

    private func writePoints(
        of metric: OTLPNode, _ body: (OTLPItem) throws(LogError) -> Void
    ) throws(LogError) {
        for form in OTLPSchema.points {
            let head: [UInt8]
            let points: OTLPNode.Children
            do throws(OTLPFault) {
                guard let data = try metric.child(form.number, form.jsonName) else { continue }
                points = data.children(1, "dataPoints")
                var writer = JSONWriter()
                writer.beginObject()
                try metric.writeMembers(OTLPSchema.metric, to: &writer)
                writer.key("points")
                writer.value(form.name)
                try data.writeMembers(OTLPSchema.pointsHead, to: &writer)
                writer.endObject()
                head = writer.bytes
            } catch {
                return try body(.rejected(error, metric.bytes))
            }
            for point in points.whole {
                try body(item(point, "metric", form.point, metric: head))
            }
            if let fault = points.fault { try body(.rejected(fault, metric.bytes)) }
        }
    }

    private func item(
        _ record: OTLPNode, _ signal: StaticString, _ fields: [OTLPField], metric: [UInt8]? = nil
    ) -> OTLPItem {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("signal")
        writer.value(signal)
        if let metric {
            writer.key("metric")
            writer.rawValue(metric)
        }
        do throws(OTLPFault) {
            try record.writeMembers(fields, to: &writer)
        } catch {
            return .rejected(error, record.bytes)
        }
        for (key, value) in [
            ("scope" as StaticString, scope), ("scope_schema_url", scopeSchemaURL),
            ("resource", resource), ("resource_schema_url", resourceSchemaURL),
        ] where !value.isEmpty {
            writer.key(key)
            writer.rawValue(value)
        }
        writer.endObject()
        return .event(OTLPEnvelope.event(writer.bytes))
    }
}
