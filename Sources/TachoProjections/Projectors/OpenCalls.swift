/// The calls of a stretch that have no result yet, and the tools whose last result is a failure.
///
/// Kept in a hidden cell: 26 bytes a call (0, its place, its hash, its tool's hash, microseconds of
/// its begin; the least number for an unknown one), 9 bytes a tool (1, its hash), in the order in
/// which they came.
struct OpenCalls {
    struct Call {
        var place: UInt8
        var hash: Int64
        var tool: Int64
        /// Microseconds.
        var began: Int64?
    }

    var calls: [Call] = []
    var failedTools: [Int64] = []

    init() {}

    init(cell bytes: UnsafeRawBufferPointer) {
        func word(_ offset: Int) -> Int64 {
            Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
        }
        var offset = 0
        while offset < bytes.count {
            if bytes[offset] == 0, offset + 26 <= bytes.count {
                let began = word(offset + 18)
                calls.append(
                    Call(
                        place: bytes[offset + 1], hash: word(offset + 2),
                        tool: word(offset + 10), began: began == .min ? nil : began))
                offset += 26
            } else if offset + 9 <= bytes.count {
                failedTools.append(word(offset + 1))
                offset += 9
            } else {
                return
            }
        }
    }

    func contains(_ call: Int64) -> Bool { calls.contains { $0.hash == call } }

    var cell: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(calls.count * 26 + failedTools.count * 9)
        func append(_ word: Int64) {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
        for call in calls {
            bytes.append(0)
            bytes.append(call.place)
            append(call.hash)
            append(call.tool)
            append(call.began ?? .min)
        }
        for tool in failedTools {
            bytes.append(1)
            append(tool)
        }
        return bytes
    }
}
