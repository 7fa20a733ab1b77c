import TachoCapture
import TachoJSON
import TachoLog

/// Finds out whether a file holds OTLP in protobuf, how, and of which signal.
///
/// Two forms: one message that is the whole file (a body as it was sent), and messages that each
/// have their length before them in four bytes, the highest first, as the OpenTelemetry Collector's
/// file exporter writes them with `format: proto`. A message does not say its signal: it is the one
/// whose first record reads as it must.
enum OTLPFileForm {
    /// - Parameter head: The file's first bytes, or all.
    /// - Returns: `nil` if this is no OTLP in protobuf.
    static func detect(_ head: UnsafeRawBufferPointer) -> RecordForm? {
        if signal(of: head) != nil { return .message }
        guard head.count > 4, frameByteCount(head) > 0 else { return nil }
        let end = min(head.count, 4 + frameByteCount(head))
        let first = UnsafeRawBufferPointer(rebasing: head[4..<end])
        return signal(of: first) == nil ? nil : .frames
    }

    /// The length that stands before a message.
    static func frameByteCount(_ head: UnsafeRawBufferPointer) -> Int {
        head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    /// What a message tells of; `nil` if its first record tells nothing, or there is none.
    static func signal(of message: UnsafeRawBufferPointer) -> OTLPSignal? {
        guard let group = first(1, of: message), let scope = first(2, of: group),
            let record = first(2, of: scope)
        else { return nil }
        return OTLPSignal.allCases.first { isRecord(record, of: $0) }
    }

    /// The first message of a field, also if its end is missing.
    private static func first(
        _ number: UInt64, of message: UnsafeRawBufferPointer
    ) -> UnsafeRawBufferPointer? {
        var wire = OTLPWire(message)
        do throws(OTLPFault) {
            while let field = try wire.next() {
                guard 1...3 ~= field.number, case .bytes(let bytes) = field.value else {
                    return nil
                }
                if field.number == number { return bytes }
            }
            return nil
        } catch {
            guard let cut = wire.cutOff(), cut.number == number else { return nil }
            return cut.rest
        }
    }

    /// Whether the record's fields, up to a cut, are of the signal's kinds, with one only it has.
    private static func isRecord(
        _ record: UnsafeRawBufferPointer, of signal: OTLPSignal
    ) -> Bool {
        var wire = OTLPWire(record)
        var isCertain = false
        while let field = try? wire.next() {  // A cut ends what can be told.
            switch (signal, field.number, field.value) {
            case (.logs, 1, .fixed64), (.logs, 11, .fixed64): isCertain = true
            case (.logs, 2, .varint), (.logs, 7, .varint), (.logs, 8, .fixed32): break
            case (.logs, 3, .bytes), (.logs, 5...6, .bytes), (.logs, 9...10, .bytes): break
            case (.logs, 12, .bytes): break
            case (.traces, 1, .bytes(let id)):
                guard id.count == 16 else { return false }
                isCertain = true
            case (.traces, 2, .bytes(let id)): guard id.count == 8 else { return false }
            case (.traces, 3...5, .bytes), (.traces, 9, .bytes), (.traces, 11, .bytes): break
            case (.traces, 13, .bytes), (.traces, 15, .bytes), (.traces, 7...8, .fixed64): break
            case (.traces, 6, .varint), (.traces, 10, .varint), (.traces, 12, .varint): break
            case (.traces, 14, .varint), (.traces, 16, .fixed32): break
            case (.metrics, 1, .bytes(let name)):
                guard !name.isEmpty, JSON.isWellFormedUTF8(name) else { return false }
                isCertain = true
            case (.metrics, 2...3, .bytes), (.metrics, 5, .bytes), (.metrics, 7, .bytes): break
            case (.metrics, 9...12, .bytes): break
            case (_, 17..., _): break
            default: return false
            }
        }
        return isCertain
    }
}
