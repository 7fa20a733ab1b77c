internal import TachoLog

/// Canonical lines: what is read of one lies inside of it, and makes the same line again.
struct LineTarget: FuzzTarget {
    let name = "line"

    private static let samples: [[UInt8]] = [
        #"{"position":65537,"recorded":"2025-12-18T10:00:00.091Z","id":"a","stream":"s","type":"tool.call","source":"x","version":1,"time":"2025-12-18T10:00:00.087Z","data":{"a":1}}"#,
        #"{"position":1,"recorded":"2025-12-18T10:00:00.000Z","id":"e-1","stream":"ä","type":"t","source":"y","version":999999,"data":{}}"#,
    ].map { Array($0.utf8) + [0x0A] }

    func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        var bytes = Self.samples[random.below(2)]
        if !random.once(in: 10) { random.mutate(&bytes) }
        if random.once(in: 20) { bytes = Array(bytes.prefix(random.below(bytes.count))) }
        return bytes
    }

    func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        input.withUnsafeBytes { line in
            guard let record = RecordView(line: line) else { return .refused }
            let time = record.time.map { ",\"time\":\"\($0)\"" } ?? ""
            let text = { (bytes: UnsafeRawBufferPointer) in Array(bytes) }
            var again = Array("{\"position\":\(record.position),\"recorded\":\"".utf8)
            again += record.recorded.iso8601 + Array("\",\"id\":\"".utf8)
            again += text(record.id) + Array("\",\"stream\":\"".utf8) + text(record.stream)
            again += Array("\",\"type\":\"".utf8) + text(record.type)
            again += Array("\",\"source\":\"".utf8) + text(record.source)
            again += Array("\",\"version\":\(record.version)\(time),\"data\":".utf8)
            again += text(record.data) + (planted == nil ? [] : [0x20]) + Array("}\n".utf8)
            // A leading zero, or a day that its month does not have, is read and written otherwise.
            let isSpelledOtherwise = Self.hasOtherSpelling(input)
            return again == input || isSpelledOtherwise && planted == nil
                ? .accepted : .fault("read otherwise: \(String(decoding: input, as: UTF8.self))")
        }
    }

    private static func hasOtherSpelling(_ line: [UInt8]) -> Bool {
        line.contains(Array("\":0".utf8)) || line.contains(Array("-29T".utf8))
            || line.contains(Array("-30T".utf8)) || line.contains(Array("-31T".utf8))
            || line.contains(Array("000Z".utf8))
    }
}

/// Events as producers hand them in: what is accepted is read back byte for byte.
struct EnvelopeTarget: FuzzTarget {
    let name = "envelope"

    private static let texts: [[UInt8]] = [
        Array("s".utf8), Array("tool.call".utf8), Array("e\u{301}".utf8), Array("é".utf8),
        [0xFF], [0xC0, 0x80], [0xEF, 0xBB, 0xBF], [0], [0x22], [0x5C], [0x7F], [],
        [UInt8](repeating: 0x61, count: 512), [UInt8](repeating: 0x61, count: 513),
    ]

    /// Five fields, each behind its count: id, stream, type, source, data.
    func makeInput(_ random: inout FuzzRandom) -> [UInt8] {
        var input = [UInt8]()
        for _ in 0..<4 {
            var text = Self.texts[
                random.once(in: 6) ? random.below(Self.texts.count) : random.below(4)]
            if random.once(in: 6) { random.mutate(&text, times: 1) }
            input += [UInt8(text.count >> 8), UInt8(text.count & 0xFF)] + text
        }
        return input + JSONTarget().makeInput(&random)
    }

    func check(_ input: [UInt8], planted: PlantedBug?) -> FuzzOutcome {
        var fields = [[UInt8]]()
        var offset = 0
        for _ in 0..<4 {
            guard offset + 2 <= input.count else { return .refused }
            let end = min(
                input.count, offset + 2 + Int(input[offset]) << 8 + Int(input[offset + 1]))
            fields.append(Array(input[(offset + 2)..<max(offset + 2, end)]))
            offset = max(offset + 2, end)
        }
        let event = NewEvent(
            id: ByteString(fields[0]), stream: ByteString(fields[1]), type: ByteString(fields[2]),
            source: ByteString(fields[3]), data: Array(input[offset...]))
        do {
            return try check(event, planted)
        } catch {
            return .fault("\(error)")
        }
    }

    private func check(_ event: NewEvent, _ planted: PlantedBug?) throws -> FuzzOutcome {
        let fileSystem = MemoryFileSystem()
        var options = LogOptions()
        // Writing it would be most of what is done for an input.
        options.reserveByteCount = 0
        var log = try LogWriter.open(
            SampleStore.directory, options: options, fileSystem: fileSystem)
        do throws(LogError) {
            _ = try log.append([event])
        } catch {
            return error.code == .invalidEvent ? .refused : .fault("\(error.code): \(error)")
        }
        if event.data.count % 4 == 0 { _ = try log.seal() }
        var isSame = false
        try LogReader.open(SampleStore.directory, fileSystem: fileSystem).forEachBatch { batch in
            try batch.forEachRecord { record in
                isSame =
                    record.data.elementsEqual(event.data + (planted == nil ? [] : [0]))
                    && record.id.elementsEqual(event.id?.bytes ?? [])
                    && record.stream.elementsEqual(event.stream.bytes)
                    && record.type.elementsEqual(event.type.bytes)
                    && record.source.elementsEqual(event.source.bytes)
                return true
            }
            return true
        }
        return isSame ? .accepted : .fault("read back otherwise: \(event)")
    }
}
