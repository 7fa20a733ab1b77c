import TachoCapture
import TachoLog

extension Importer where Sink: ~Copyable {
    /// Takes one request apart: each of its records is counted by itself.
    mutating func importExport(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ form: RecordForm, _ index: Int
    ) throws(LogError) {
        let isProtobuf = form == .frames || form == .message
        try OTLPRequest.forEach(in: bytes, isProtobuf: isProtobuf) { item throws(LogError) in
            switch item {
            case .event(let event) where event.data.count > NewEvent.maximumDataByteCount:
                reject(.init(.recordTooLong, offset: offset, bytes: event.data), index)
            case .event(let event): try add(event, index)
            case .rejected(let fault, let part):
                let start = Self.offset(of: part, in: bytes)
                reject(RejectedRecord(.otlp(fault), offset: offset + start, bytes: part), index)
            }
        }
    }

    private static func offset(
        of part: UnsafeRawBufferPointer, in whole: UnsafeRawBufferPointer
    ) -> Int {
        guard let base = whole.baseAddress, let address = part.baseAddress else { return 0 }
        return address - base
    }
}

extension RejectedRecord {
    fileprivate init(_ reason: RejectionReason, offset: Int, bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { RejectedRecord(reason, offset: offset, bytes: $0) }
    }
}
