package import TachoLog
internal import TachoSimulation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process that is killed: `tacho torture-writer STORE FIRST SEED`.
///
/// Appends events of ascending numbers until it dies, and says after each acknowledgement on
/// standard output, in one write, which ones: 16 bytes, the first number and the one behind the
/// last, little-endian.
package enum TortureWriter {
    package static func run(store: String, first: Int, seed: UInt64, count: Int) throws(LogError) {
        var workload = Workload(seed: seed)
        var options = LogOptions()
        options.sealByteCount = 8_000
        var log = try LogWriter.open(store, options: options)
        var next = first
        while next < first + count {
            let numbers = next..<next + Int.random(in: 1...5, using: &workload.random)
            let durability: Durability = workload.random.once(in: 3) ? .commit : .interval
            _ = try log.append(
                numbers.map { workload.killedEvent($0) }, durability: durability)
            acknowledge(numbers)
            next = numbers.upperBound
            // Sealing is part of a writer's life, and a moment to be killed at.
            if workload.random.once(in: 12) { _ = try? log.sealPending() }
        }
    }

    private static func acknowledge(_ numbers: Range<Int>) {
        let message = [numbers.lowerBound, numbers.upperBound].map { UInt64($0).littleEndian }
        message.withUnsafeBytes { raw in
            // Up to PIPE_BUF bytes are written whole or not at all.
            _ = write(1, raw.baseAddress, raw.count)
        }
    }
}

extension Workload {
    /// An event of a writer that is killed: its data names it, and its id is its number.
    func killedEvent(_ number: Int) -> NewEvent {
        NewEvent(
            id: ByteString("id-\(number)"), stream: "a", type: "torture.event", source: "torture",
            data: data(of: number))
    }
}
