extension JSONView {
    /// A string's UTF-8 without its escapes; `nil` for other kinds.
    @inlinable
    package func text() -> [UInt8]? {
        withText { [UInt8]($0) }
    }

    @inlinable
    package func string() -> String? {
        withText { String(decoding: $0, as: UTF8.self) }
    }

    /// Lends a string's UTF-8 without its escapes; without a copy where it has none.
    @inlinable
    package func withText<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
        guard let content = content else { return nil }
        guard content.hasEscape else { return try body(content.raw) }
        return try JSONEscape.decode(content.raw)?.withUnsafeBytes(body)
    }

    /// Whether this is a string that holds exactly `text`, once unescaped.
    @inlinable
    package func equals(_ text: StaticString) -> Bool {
        guard let content = content else { return false }
        let name = UnsafeRawPointer(text.utf8Start)
        let count = text.utf8CodeUnitCount
        guard content.hasEscape else {
            return content.raw.count == count
                && JSONScan.isEqual(
                    content.raw.baseAddress ?? JSONScan.nowhere, name, count: count)
        }
        return JSONEscape.isEqual(
            content.raw, UnsafeRawBufferPointer(start: name, count: count))
    }

    /// What stands between the quotes; `nil` if this is no string, or one without an end.
    @inlinable @inline(__always)
    var content: (raw: UnsafeRawBufferPointer, hasEscape: Bool)? {
        guard JSONScan.byte(at: start, limit) == 0x22,
            let (end, hasEscape) = JSONScan.endOfText(start + 1, limit)
        else { return nil }
        return (UnsafeRawBufferPointer(start: start + 1, count: end - start - 1), hasEscape)
    }
}
