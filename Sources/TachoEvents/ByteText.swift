/// Comparing text of the log with text of ours, as bytes.
extension UnsafeRawBufferPointer {
    /// Whether these are exactly the bytes of `text`.
    ///
    /// Inlined with a literal, it is a comparison of a few machine words: keys of records are told
    /// apart with it, several times for each member.
    @inlinable @inline(__always)
    package func equals(_ text: StaticString) -> Bool {
        let byteCount = text.utf8CodeUnitCount
        guard count == byteCount, let base = baseAddress else { return count == byteCount }
        return base.isEqual(to: UnsafeRawPointer(text.utf8Start), byteCount: byteCount)
    }

    /// Whether these are the same bytes as `other`.
    @inlinable @inline(__always)
    package func equals(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let base = baseAddress, let otherBase = other.baseAddress else { return true }
        return base.isEqual(to: otherBase, byteCount: count)
    }

    @inlinable @inline(__always)
    package func hasPrefix(_ text: StaticString) -> Bool {
        let byteCount = text.utf8CodeUnitCount
        guard count >= byteCount, let base = baseAddress else { return byteCount == 0 }
        return base.isEqual(to: UnsafeRawPointer(text.utf8Start), byteCount: byteCount)
    }

    /// At most `limit` bytes from the front, cut between two characters.
    package func prefix(characterBytes limit: Int) -> UnsafeRawBufferPointer {
        guard count > limit else { return self }
        var end = limit
        while end > 0, self[end] & 0xC0 == 0x80 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: self[..<end])
    }

    /// Without a prefix, if it is there.
    package func dropping(prefix: StaticString) -> UnsafeRawBufferPointer {
        guard hasPrefix(prefix) else { return self }
        return UnsafeRawBufferPointer(rebasing: self[prefix.utf8CodeUnitCount...])
    }
}

extension UnsafeRawPointer {
    /// - Precondition: `byteCount` bytes are readable at both.
    @inlinable @inline(__always)
    func isEqual(to other: UnsafeRawPointer, byteCount: Int) -> Bool {
        // Every load ends at or before `byteCount`.
        var offset = 0
        while offset + 8 <= byteCount {
            if loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                != other.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            {
                return false
            }
            offset += 8
        }
        while offset < byteCount {
            if load(fromByteOffset: offset, as: UInt8.self)
                != other.load(fromByteOffset: offset, as: UInt8.self)
            {
                return false
            }
            offset += 1
        }
        return true
    }
}
