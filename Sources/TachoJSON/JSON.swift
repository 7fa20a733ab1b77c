internal import CScan

/// Checks and copies whole JSON texts (RFC 8259).
package enum JSON {
    /// Chosen far above what agents write (below 20 levels) and far below any stack's end.
    package static let maximumDepth = 512

    /// Checks that `bytes` are exactly one JSON value, with whitespace around it or without.
    ///
    /// Grammar, numbers, escapes, and UTF-8 are checked in full; surrogate escapes come in pairs; a
    /// byte order mark is an unexpected byte. What JSON leaves open (duplicate keys, size and
    /// spelling of numbers) is accepted.
    ///
    /// - Parameter bytes: From anywhere, and of any size.
    /// - Returns: The kind of the value.
    /// - Throws: ``JSONError`` with the offset of the first fault.
    /// - Complexity: O(`bytes.count`), no allocation, no recursion.
    package static func validate(
        _ bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> JSONKind {
        let value = try validateValue(in: bytes, from: 0)
        let validator = JSONValidator(bytes)
        let rest = validator.skipWhitespace(from: value.upperBound)
        guard rest == bytes.count else { throw JSONError(.trailingBytes, at: rest) }
        return JSONKind(firstByte: bytes[value.lowerBound]) ?? .null
    }

    package static func validate(_ bytes: [UInt8]) throws(JSONError) -> JSONKind {
        try bytes.withUnsafeBufferPointer { (bytes) throws(JSONError) in
            try validate(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Checks the one value that begins at `offset`, and finds its end.
    ///
    /// For values that follow each other with or without whitespace: `{…}{…}`, or pretty-printed
    /// objects in a row. Call again with the end found, until ``JSONError/Reason/emptyInput``.
    ///
    /// - Parameters:
    ///   - bytes: The whole text; offsets of errors count from its beginning.
    ///   - offset: Where to start, at most `bytes.count`. Whitespace there is passed over.
    /// - Returns: The value without whitespace around it.
    /// - Throws: ``JSONError``; `emptyInput` if only whitespace is left.
    package static func validateValue(
        in bytes: UnsafeRawBufferPointer, from offset: Int
    ) throws(JSONError) -> Range<Int> {
        precondition(offset >= 0 && offset <= bytes.count, "the offset lies in the bytes")
        let validator = JSONValidator(bytes)
        let start = validator.skipWhitespace(from: offset)
        guard start < bytes.count else { throw JSONError(.emptyInput, at: start) }
        return start..<(try validator.endOfValue(from: start))
    }

    /// Copies a valid value, leaving out CR and LF; every other byte stays as it is.
    ///
    /// A valid string holds neither of them raw, so what goes is whitespace between tokens.
    package static func singleLine(_ value: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: value.count) { copy, copied in
            guard let source = value.baseAddress, let copy = copy.baseAddress else { return }
            // Never more bytes written than read: `count <= offset <= value.count`, and where eight
            // bytes are left to read, eight are left to write.
            let target = UnsafeMutableRawPointer(copy)
            var count = 0
            var offset = 0
            while offset < value.count {
                if value.count &- offset >= 8 {
                    let word = JSONWord(at: source + offset)
                    if word.newlines == 0 {
                        (target + count).storeBytes(of: word.bits.littleEndian, as: UInt64.self)
                        offset &+= 8
                        count &+= 8
                        continue
                    }
                }
                for offset in offset..<min(offset &+ 8, value.count) {
                    let byte = source.load(fromByteOffset: offset, as: UInt8.self)
                    target.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
                    count &+= byte == 0x0A || byte == 0x0D ? 0 : 1
                }
                offset = min(offset &+ 8, value.count)
            }
            copied = count
        }
    }
}

extension JSON {
    /// Whether `bytes` are, for certain, one object from the first byte to the last, without line
    /// breaks.
    ///
    /// Told by looking at 64 bytes at once, in half of the time that ``validate(_:)`` takes to
    /// walk over the tokens of a few hundred bytes. Of long strings the walk takes fewer
    /// instructions, so that a hook's call stays with it. What is left out: `object.h`.
    ///
    /// - Parameters:
    ///   - bytes: From anywhere, and of any size.
    ///   - width: Of the registers to use, at most, in bytes.
    /// - Returns: `false` says nothing: it is for those to tell who walk.
    /// - Complexity: O(`bytes.count`), no allocation.
    package static func isObjectOnOneLine(
        _ bytes: UnsafeRawBufferPointer, width: Int32 = 64
    ) -> Bool {
        switch Int(tacho_is_object(bytes.baseAddress, bytes.count, width)) {
        case tacho_object_valid: true
        case tacho_object_valid_if_utf8: isWellFormedUTF8(bytes)
        default: false
        }
    }

    /// Whether bytes are UTF-8, whatever they say; for text that is no JSON yet.
    package static func isWellFormedUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        JSONValidator(bytes).isWellFormedUTF8
    }
}
