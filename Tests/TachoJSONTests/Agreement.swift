import TestSupport
import Testing

@testable import TachoJSON

/// Compares everything this module says about some bytes with what the oracle says.
struct Agreement {
    let guarded = GuardedBytes(capacity: 1 << 16)
    private(set) var acceptedCount = 0

    /// - Returns: What differs, in words; `nil` if all agrees. Reading outside the bytes crashes.
    mutating func difference(_ bytes: [UInt8], atStart: Bool = false) -> String? {
        let expected = Result { () throws(JSONError) in try Oracle.parse(bytes) }
        let difference = guarded.lend(bytes, atStart: atStart) { buffer -> String? in
            let found = Result { () throws(JSONError) in try JSON.validate(buffer) }
            let view = JSONView(validated: buffer)
            if let difference = differenceAtOnce(expected, bytes, buffer) { return difference }
            switch (expected, found) {
            case (.failure(let expected), .failure(let found)):
                // Not valid: no answer is right, but all have to come.
                exercise(view)
                return expected == found ? nil : "rejected with \(found), not \(expected)"
            case (.success(let tree), .success(let kind)):
                guard kind == tree.kind else { return "kind \(kind), not \(tree.kind)" }
                return compare(view, tree, buffer)
            case (.success, .failure(let found)): return "rejected: \(found)"
            case (.failure(let expected), .success): return "accepted, not \(expected)"
            }
        }
        if case .success = expected { acceptedCount += 1 }
        return difference.map { "\($0)\n\(String(decoding: bytes, as: UTF8.self))\n\(bytes)" }
    }
}

/// What differs between the walk over tokens and the look at 64 bytes at once, which may leave
/// things untold, but not these.
private func differenceAtOnce(
    _ expected: Result<OracleValue, JSONError>, _ bytes: [UInt8], _ buffer: UnsafeRawBufferPointer
) -> String? {
    var isOneLine = false
    if case .success(let tree) = expected {
        isOneLine = tree.kind == .object && !bytes.contains { $0 == 0x0A || $0 == 0x0D }
    }
    for width: CInt in [32, 64] {
        let isTold = JSON.isObjectOnOneLine(buffer, width: width)
        if isTold, !isOneLine { return "told as an object, \(width) bytes at once" }
    }
    return nil
}

/// Asks a view everything, on bytes that may be anything.
func exercise(_ view: JSONView, depth: Int = 0) {
    switch view.kind {
    case .object:
        _ = view.field("a", "b")?.kind
        var slots: [JSONView?] = []
        commonPicker.pick(view, into: &slots)
        for slot in slots { _ = slot?.bytes.count }
    case .string: _ = (view.text()?.count, view.equals("a"), view.integerLenient())
    case .number: _ = (view.integer(), view.double(), view.decimalText())
    case .array, .boolean, .null: _ = (view.boolean(), view.bytes.count)
    }
    guard depth < 8 else { return }
    view.forEachMember { key, value in
        _ = key.text()
        exercise(value, depth: depth + 1)
        return true
    }
    withNotedMembers(of: view) { members in
        members.forEach { key, value in key.count >= 0 && value.kind != .null }
    }
    view.forEachElement {
        exercise($0, depth: depth + 1)
        return true
    }
}

/// - Returns: The first difference between a view and the oracle's tree of the same valid bytes.
func compare(_ view: JSONView, _ tree: OracleValue, _ all: UnsafeRawBufferPointer) -> String? {
    guard view.kind == tree.kind else { return "kind \(view.kind), not \(tree.kind)" }
    let written = UnsafeRawBufferPointer(rebasing: all[tree.range])
    guard view.bytes.baseAddress == written.baseAddress, view.bytes.count == written.count else {
        return "bytes of \(tree.range)"
    }
    guard (view.text() != nil) == (tree.kind == .string) else { return "text of \(tree.kind)" }
    switch tree.content {
    case .object(let members): return compare(view, members, tree, all)
    case .array(let elements):
        var index = 0
        var difference: String?
        view.forEachElement { element in
            guard index < elements.count else { return false }
            difference = compare(element, elements[index], all)
            index += 1
            return difference == nil
        }
        return difference ?? (index == elements.count ? nil : "\(index) of \(elements.count)")
    case .string(let text): return view.text() == text ? nil : "text at \(tree.range)"
    case .number:
        let number = Double(String(decoding: written, as: UTF8.self))
        let expected = number.flatMap { $0.isFinite ? $0 : nil }
        return view.double()?.bitPattern == expected?.bitPattern ? nil : "double at \(tree.range)"
    case .boolean(let boolean): return view.boolean() == boolean ? nil : "boolean"
    case .null: return view.isNull ? nil : "null"
    }
}

private func compare(
    _ view: JSONView, _ members: [(key: [UInt8], value: OracleValue)], _ tree: OracleValue,
    _ all: UnsafeRawBufferPointer
) -> String? {
    var index = 0
    var difference: String?
    view.forEachMember { key, value in
        guard index < members.count else { return false }
        difference =
            key.text() == members[index].key
            ? compare(value, members[index].value, all) : "key \(index)"
        index += 1
        return difference == nil
    }
    guard difference == nil, index == members.count else {
        return difference ?? "\(index) of \(members.count) members"
    }
    for isNoted in [false, true] {
        index = 0
        func next(_ key: UnsafeRawBufferPointer, _ value: JSONView) -> Bool {
            guard index < members.count, key.elementsEqual(members[index].key),
                all.baseAddress.map({ value.start - $0 }) == members[index].value.range.lowerBound
            else { return false }
            index += 1
            return true
        }
        if isNoted {
            withNotedMembers(of: view) { $0.forEach(next) }
        } else {
            JSONMembers(view).forEach(next)
        }
        guard index == members.count else { return "member \(index), noted: \(isNoted)" }
    }

    var slots: [JSONView?] = []
    commonPicker.pick(view, into: &slots)
    for (index, key) in commonKeys.enumerated() {
        // That a view ends where it should was compared above; here it is about which one it is.
        let expected = members.first { $0.key == commonNames[index] }?.value.range.lowerBound
        // A subscript is slow here: one for each object, all of them over the many objects.
        let subscripted =
            index == tree.range.lowerBound % commonKeys.count ? view[key] : slots[index]
        for found in [subscripted, slots[index]] {
            let offset = found.flatMap { view in all.baseAddress.map { view.start - $0 } }
            guard offset == expected else { return "\(key) is at \(expected as Any)" }
        }
    }
    return nil
}

/// Notes where the members of a view are in too little memory first, and then in enough.
private func withNotedMembers(of view: JSONView, _ body: (JSONMembers) -> Void) {
    var memory = UnsafeMutableBufferPointer<JSONMemberPlace>.allocate(capacity: 1)
    let count = JSONMemberPlace.note(of: view, in: memory)
    if count > memory.count {
        memory.deallocate()
        memory = .allocate(capacity: count)
        #expect(JSONMemberPlace.note(of: view, in: memory) == count)
    }
    defer { memory.deallocate() }
    body(JSONMembers(view, at: UnsafeBufferPointer(rebasing: memory[..<count])))
}

/// Keys the generator uses too: of every length from 0 to beyond two words.
let commonKeys: [StaticString] = [
    "a", "", "type", "session_id", "b\"\\", "a\n😀", "12345678", "123456789", "tool_use_id",
    "1234567890abcdef", "1234567890abcdefg", "absent",
]
private let commonNames = commonKeys.map { $0.withUTF8Buffer { Array($0) } }
private let commonPicker = JSONPicker(commonKeys)

extension Result where Failure == JSONError {
    init(_ body: () throws(JSONError) -> Success) {
        do throws(JSONError) { self = .success(try body()) } catch { self = .failure(error) }
    }
}
