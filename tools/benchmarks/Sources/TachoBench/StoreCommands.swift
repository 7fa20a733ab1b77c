import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Making a store to measure, and saying what is in one.
enum StoreCommands {
    /// `load STORE EVENTS [--columns no]`: appends the events and seals everything.
    static func load(_ arguments: Arguments) throws {
        var options = LogOptions()
        options.sealByteCount = try arguments.integer(
            "seal-bytes", default: options.sealByteCount)
        if arguments.text("columns", default: "yes") != "no" { options.columns = Answers.declared }
        var log = try LogWriter.open(try arguments.positional(0, "STORE"), options: options)
        var batch: [NewEvent] = []
        try EventFile.forEach(try arguments.positional(1, "EVENTS")) { _, event in
            batch.append(event())
            if batch.count == 4096 {
                _ = try log.append(batch, durability: .interval)
                batch.removeAll(keepingCapacity: true)
            }
        }
        if !batch.isEmpty { _ = try log.append(batch, durability: .interval) }
        _ = try log.seal()
        try log.close()
    }

    /// `check STORE`: how many events, and the sum of their hashes, as `peers/writer.h` defines it.
    static func check(_ arguments: Arguments) throws {
        let log = try LogReader.open(try arguments.positional(0, "STORE"))
        var count = 0
        var sum: UInt64 = 0
        try log.forEachBatch { batch in
            try batch.forEachRecord { record in
                var hash = FNV1a()
                hash.combine(record.stream)
                hash.combine(0)
                hash.combine(record.type)
                hash.combine(0)
                hash.combine(record.data)
                count += 1
                sum &+= hash.value
                return true
            }
            return true
        }
        let digits = String(sum, radix: 16)
        let padding = String(repeating: "0", count: 16 - digits.count)
        Output.print("\(count) \(padding)\(digits)\n")
    }

    /// `cat STORE`: the canonical lines.
    static func cat(_ arguments: Arguments) throws {
        let log = try LogReader.open(try arguments.positional(0, "STORE"))
        try log.forEachBatch { batch in
            Output.write(batch.bytes, to: STDOUT_FILENO)
            return true
        }
    }
}

/// 64-bit FNV-1a.
struct FNV1a {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func combine(_ byte: UInt8) {
        value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { combine(byte) }
    }
}
