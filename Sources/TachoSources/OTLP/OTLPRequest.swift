import TachoCapture
import TachoJSON
import TachoLog

/// What a request tells of.
enum OTLPSignal: String, CaseIterable, Sendable {
    case logs, metrics, traces
}

/// What came of one log record, span, or data point.
enum OTLPItem {
    case event(NewEvent)
    /// Bytes of the request that could not become an event, lent for the time of the call.
    case rejected(OTLPFault, UnsafeRawBufferPointer)
}

/// The records of an `Export{Logs,Metrics,Trace}ServiceRequest`, or of a `{Logs,Metrics,Traces}Data`
/// of a file, one event each.
///
/// Both encodings of a request give the same events, byte for byte. What cannot be read of it is
/// rejected and told, the records beside it are taken: a record by itself, and of a message that is
/// cut off all that stands whole before the cut.
///
/// Source: OTLP 1.x; ecosystem §3.9.
enum OTLPRequest {
    private struct Names {
        let requests: StaticString
        let scopes: StaticString
        let records: StaticString
    }

    private static func names(_ signal: OTLPSignal) -> Names {
        switch signal {
        case .logs:
            Names(requests: "resourceLogs", scopes: "scopeLogs", records: "logRecords")
        case .metrics:
            Names(requests: "resourceMetrics", scopes: "scopeMetrics", records: "metrics")
        case .traces: Names(requests: "resourceSpans", scopes: "scopeSpans", records: "spans")
        }
    }

    /// Reads a request of a file, which says no more than its encoding.
    static func forEach(
        in bytes: UnsafeRawBufferPointer, isProtobuf: Bool,
        _ body: (OTLPItem) throws(LogError) -> Void
    ) throws(LogError) {
        if !isProtobuf {
            try forEach(inJSON: bytes, body)
        } else if let signal = OTLPFileForm.signal(of: bytes) {
            try forEach(inProtobuf: bytes, signal, body)
        } else if !bytes.isEmpty {
            try body(.rejected(.notARequest, bytes))
        }
    }

    /// Reads a request in JSON, whose bytes are one valid value.
    static func forEach(
        inJSON bytes: UnsafeRawBufferPointer,
        _ body: (OTLPItem) throws(LogError) -> Void
    ) throws(LogError) {
        let document = JSONView(validated: bytes)
        var isRequest = false
        for signal in OTLPSignal.allCases where document[names(signal).requests] != nil {
            isRequest = true
            try forEach(in: .json(document), signal, body)
        }
        // `{}` is a request of nothing.
        if !isRequest, !document.isEmptyObject {
            try body(.rejected(.notARequest, bytes))
        }
    }

    /// Reads a request in protobuf, which does not say itself what it tells of.
    static func forEach(
        inProtobuf bytes: UnsafeRawBufferPointer, _ signal: OTLPSignal,
        _ body: (OTLPItem) throws(LogError) -> Void
    ) throws(LogError) {
        try forEach(in: .wire([bytes]), signal, body)
    }

    private static func forEach(
        in request: OTLPNode, _ signal: OTLPSignal, _ body: (OTLPItem) throws(LogError) -> Void
    ) throws(LogError) {
        let names = names(signal)
        let groups = request.children(1, names.requests)
        for group in groups.whole + groups.optionalCut {
            var writer = OTLPEventWriter(signal)
            let scopes = group.children(2, names.scopes)
            do throws(OTLPFault) {
                try writer.enter(resourceOf: group)
            } catch {
                try body(.rejected(error, group.bytes))
                continue
            }
            for scope in scopes.whole + scopes.optionalCut {
                do throws(OTLPFault) {
                    try writer.enter(scopeOf: scope)
                } catch {
                    try body(.rejected(error, scope.bytes))
                    continue
                }
                let records = scope.children(2, names.records)
                for record in records.whole { try writer.write(record, body) }
                if let cut = records.cutOff {
                    try body(.rejected(.truncated, cut.bytes))
                } else if let fault = records.fault {
                    try body(.rejected(fault, scope.bytes))
                }
            }
            if let fault = scopes.fault, scopes.cutOff == nil {
                try body(.rejected(fault, group.bytes))
            }
        }
        if let fault = groups.fault, groups.cutOff == nil {
            try body(.rejected(fault, request.bytes))
        }
    }
}

extension OTLPNode.Children {
    /// A message that is cut off is entered like a whole one; its own last record is missing.
    fileprivate var optionalCut: [OTLPNode] { cutOff.map { [$0] } ?? [] }
}

extension JSONView {
    fileprivate var isEmptyObject: Bool {
        guard kind == .object else { return false }
        var isEmpty = true
        forEachMember { _, _ in
            isEmpty = false
            return false
        }
        return isEmpty
    }
}
