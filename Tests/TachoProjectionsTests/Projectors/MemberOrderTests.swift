import Foundation
import TachoJSON
import TachoLog
import TachoProjections
import TestSupport
import Testing

private let projectorNames = allProjectors.map { $0.name }

/// An object of JSON has no order: a table is the same however the members of an event's data stand.
struct MemberOrderTests {
    @Test(arguments: projectorNames)
    func `real records mean the same with their members in reverse`(name: String) throws {
        try check(name, SampleLog.everything(), "")
    }

    /// But for those that name one column twice: of two names the first that is told counts.
    @Test(arguments: projectorNames)
    func `random events mean the same with their members in reverse`(name: String) throws {
        let seed = testSeed()

        let lines = RandomLog.mixed(2000, seed: seed).lines.filter { line in
            let text = String(decoding: line, as: UTF8.self)
            return !(text.contains(#""request_id""#) && text.contains(#""workflow_id""#))
        }
        try check(name, MemoryLog(lines: lines), "seed \(seed)")
    }

    private func check(_ name: String, _ log: MemoryLog, _ comment: String) throws {
        let projector = try #require(allProjectors.first { $0.name == name })

        let expected = try rows(projector, rewritten(log, isReversed: false))
        let reversed = try rows(projector, rewritten(log, isReversed: true))

        #expect(expected.count == reversed.count, "\(comment)")
        for (row, other) in zip(expected, reversed) where row != other {
            Issue.record("\(comment): \(row) is \(other)")
            return
        }
    }

    private func rows(_ projector: any Projector.Type, _ log: MemoryLog) throws -> [[String]] {
        let table = try TableReader(folding: projector, log).table
        return (0..<table.rowCount).map { row in
            table.schema.visibleColumns.map { column in
                "\(table.schema.columns[column].name)=\(text(table.value(column, row)))"
            }
        }
    }

    /// What is kept as JSON stands as it was told: it is compared in an order of its own.
    private func text(_ value: Value) -> String {
        guard case .json(let json) = value,
            let object = try? JSONSerialization.jsonObject(
                with: Data(json), options: .fragmentsAllowed),
            let sorted = try? JSONSerialization.data(
                withJSONObject: object, options: [.sortedKeys, .fragmentsAllowed])
        else { return value.description }
        return String(decoding: sorted, as: UTF8.self)
    }

    // MARK: Writing anew

    private func rewritten(_ log: MemoryLog, isReversed: Bool) -> MemoryLog {
        MemoryLog(
            lines: log.lines.map { line in
                line.withUnsafeBytes { bytes in
                    guard let record = RecordView(line: bytes), let base = bytes.baseAddress,
                        let data = record.data.baseAddress
                    else { return line }
                    var written = Array(line[..<(data - base)])
                    write(JSONView(validated: record.data), isReversed, to: &written)
                    return written + Array("}\n".utf8)
                }
            })
    }

    private func write(_ value: JSONView, _ isReversed: Bool, to json: inout [UInt8]) {
        switch value.kind {
        case .object:
            var members: [(key: JSONView, value: JSONView)] = []
            value.forEachMember { key, value in
                // The first of a name counts: it would be another one.
                if !members.contains(where: { $0.key.bytes.elementsEqual(key.bytes) }) {
                    members.append((key, value))
                }
                return true
            }
            json.append(UInt8(ascii: "{"))
            for (number, member) in (isReversed ? members.reversed() : members).enumerated() {
                if number > 0 { json.append(UInt8(ascii: ",")) }
                json.append(contentsOf: member.key.bytes)
                json.append(UInt8(ascii: ":"))
                write(member.value, isReversed, to: &json)
            }
            json.append(UInt8(ascii: "}"))
        case .array:
            json.append(UInt8(ascii: "["))
            var isFirst = true
            value.forEachElement { element in
                if !isFirst { json.append(UInt8(ascii: ",")) }
                isFirst = false
                write(element, isReversed, to: &json)
                return true
            }
            json.append(UInt8(ascii: "]"))
        default: json.append(contentsOf: value.bytes)
        }
    }
}
