import TachoLog

/// Which workflows showed which patterns, with what they took, in the hidden cells of the patterns'
/// rows.
///
/// Entries are only added; of two for one workflow in one row the later one counts. Two workflows
/// whose names have the same 64-bit hash would be taken for one. An entry is 48 bytes, a divisor of
/// ``CallLedger``'s limits, by whose three steps it is stored:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 8 | hash of the workflow |
/// | 8 | 8 | tokens |
/// | 16 | 8 | pico-dollars |
/// | 24 | 8 | stated milliseconds |
/// | 32 | 8 | milliseconds of agents' runs |
/// | 40 | 4 | retries |
/// | 44 | 4 | bits: has failed, then which of the four are known |
struct OperationLedger: Sendable {
    private(set) var factsByWorkflow: [Int64: WorkflowCost] = [:]
    /// Ascending.
    private(set) var rowsByWorkflow: [Int64: [Int]] = [:]

    static let entryByteCount = 48

    init() {}

    /// Reads the cells of one row, the oldest first.
    mutating func read(_ cells: [[UInt8]?], row: Int) {
        for case let cell? in cells {
            cell.withUnsafeBytes { bytes in
                let size = Self.entryByteCount
                for offset in stride(from: 0, through: bytes.count - size, by: size) {
                    let entry = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size])
                    let (hash, facts) = Self.decode(entry)
                    factsByWorkflow[hash] = facts
                    link(hash, to: row)
                }
            }
        }
    }

    func isLinked(_ hash: Int64, to row: Int) -> Bool {
        rowsByWorkflow[hash]?.contains(row) ?? false
    }

    mutating func link(_ hash: Int64, to row: Int) {
        guard !isLinked(hash, to: row) else { return }
        rowsByWorkflow[hash, default: []].append(row)
    }

    mutating func set(_ facts: WorkflowCost, of hash: Int64) { factsByWorkflow[hash] = facts }

    static func entry(_ hash: Int64, _ facts: WorkflowCost) -> [UInt8] {
        let values = [
            facts.tokens, facts.cost, facts.statedMilliseconds, facts.resultMilliseconds,
        ]
        var bits: UInt32 = facts.hasFailed ? 1 : 0
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entryByteCount)
        withUnsafeBytes(of: hash.littleEndian) { bytes.append(contentsOf: $0) }
        for (place, value) in values.enumerated() {
            if value != nil { bits |= 2 << UInt32(place) }
            withUnsafeBytes(of: (value ?? 0).littleEndian) { bytes.append(contentsOf: $0) }
        }
        withUnsafeBytes(of: facts.retryCount.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) -> (Int64, WorkflowCost) {
        func word(_ offset: Int) -> Int64 {
            Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
        }
        func half(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        let bits = half(44)
        func value(_ place: UInt32) -> Int64? {
            bits & 2 << place == 0 ? nil : word(8 + 8 * Int(place))
        }
        let facts = WorkflowCost(
            tokens: value(0), cost: value(1), statedMilliseconds: value(2),
            resultMilliseconds: value(3), retryCount: half(40), hasFailed: bits & 1 == 1)
        return (word(0), facts)
    }
}
