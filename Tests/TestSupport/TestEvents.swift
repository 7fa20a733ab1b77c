package import TachoEvents
package import TachoLog

/// Lends an event at a position, from a source.
package func withEvent<Result>(
    _ position: Int, _ source: String = "test", _ body: (Event) throws -> Result
) throws -> Result {
    let line =
        "{\"position\":\(position),\"recorded\":\"2025-12-18T10:00:00.000Z\",\"id\":\"i\","
        + "\"stream\":\"s\",\"type\":\"t\",\"source\":\"\(source)\",\"version\":1,\"data\":{}}\n"
    return try Array(line.utf8).withUnsafeBytes { bytes in
        guard let record = RecordView(line: bytes) else {
            preconditionFailure("the line is a record")
        }
        return try Event.withEvent(of: record, body)
    }
}

extension NewEvent {
    /// An event with a number in its data; small on purpose.
    package static func numbered(
        _ number: Int, stream: ByteString = "s", type: ByteString = "test.event",
        id: String? = nil, filler: Int = 0
    ) -> NewEvent {
        let padding =
            filler > 0 ? ",\"filler\":\"" + String(repeating: "x", count: filler) + "\"" : ""
        return NewEvent(
            id: id.map { ByteString($0) }, stream: stream, type: type, source: "test",
            data: Array("{\"n\":\(number)\(padding)}".utf8))
    }
}

extension LogReader {
    /// All lines that can be read, and what was damaged.
    package func allLines() throws -> (lines: [String], damage: [LogError]) {
        var lines = [String]()
        var damage = [LogError]()
        try forEachBatch(onDamage: { damage.append($0) }) { batch in
            try batch.forEachRecord { record in
                lines.append(String(decoding: record.line, as: UTF8.self))
                return true
            }
            return true
        }
        return (lines, damage)
    }

    /// The numbers of ``NewEvent/numbered(_:stream:type:id:filler:)`` in order of position; events
    /// of the store's own are left out.
    package func numbers(_ filter: RecordFilter = .all) throws -> [Int] {
        var numbers = [Int]()
        try forEachBatch(matching: filter, onDamage: { _ in }) { batch in
            try batch.forEachRecord { record in
                let data = String(decoding: record.data, as: UTF8.self)
                if data.hasPrefix("{\"n\":"),
                    let number = Int(data.dropFirst(5).prefix { $0.isNumber })
                {
                    numbers.append(number)
                }
                return true
            }
            return true
        }
        return numbers
    }

    package func positions() throws -> [UInt64] {
        var positions = [UInt64]()
        try forEachBatch(onDamage: { _ in }) { batch in
            try batch.forEachRecord { record in
                positions.append(record.position.rawValue)
                return true
            }
            return true
        }
        return positions
    }
}
