/// Numbers by byte planes: how a column of numbers lies in canonical bytes.
///
/// ```
/// u8 width (0…8) │ for each 16,384 numbers: their lowest bytes │ their second bytes │ … width
/// ```
///
/// `width` is the least that holds the largest number; 0 says that all are 0. Bytes of one weight
/// beside each other are alike, so that little is made of them, in long runs; numbers as they lie in
/// memory give a short match for each, which is slow and large. In a snapshot each piece of 16,384 is a
/// block, which may hold their differences: see ``NumberDifferences``.
enum PackedNumbers {
    static let chunkCount = 16_384

    static func width(ofLargest largest: UInt64) -> Int {
        (64 - largest.leadingZeroBitCount + 7) / 8
    }

    /// Writes `count` numbers, which `fill` gives piece by piece: those of a range of indices.
    static func write<Sink: ByteSink & ~Copyable>(
        count: Int, largest: UInt64, to sink: inout Sink,
        fill: (Range<Int>, UnsafeMutableBufferPointer<UInt64>) -> Void
    ) {
        let width = width(ofLargest: largest)
        sink.write(littleEndian: UInt8(width))
        guard width > 0, count > 0 else { return }
        let numbers = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: min(count, chunkCount))
        let planes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: width * numbers.count)
        defer {
            numbers.deallocate()
            planes.deallocate()
        }
        for start in stride(from: 0, to: count, by: chunkCount) {
            let end = min(count, start + chunkCount)
            let piece = UnsafeMutableBufferPointer(rebasing: numbers[..<(end - start)])
            fill(start..<end, piece)
            let written = UnsafeMutableBufferPointer(rebasing: planes[..<(width * piece.count)])
            split(piece, width: width, into: written)
            sink.write(planes: UnsafeRawBufferPointer(written), of: piece)
        }
    }

    /// All planes of numbers, of which there are `width`.
    static func split(
        _ numbers: UnsafeMutableBufferPointer<UInt64>, width: Int,
        into planes: UnsafeMutableBufferPointer<UInt8>
    ) {
        for plane in 0..<width {
            let target = planes[plane * numbers.count..<(plane + 1) * numbers.count]
            split(numbers, plane, into: UnsafeMutableBufferPointer(rebasing: target))
        }
    }

    /// One byte of each number; both have as many elements.
    private static func split(
        _ numbers: UnsafeMutableBufferPointer<UInt64>, _ plane: Int,
        into target: UnsafeMutableBufferPointer<UInt8>
    ) {
        guard let source = numbers.baseAddress, let bytes = target.baseAddress else { return }
        let shift = UInt64(8 * plane)
        for index in 0..<numbers.count {
            bytes[index] = UInt8(truncatingIfNeeded: source[index] &>> shift)
        }
    }

    /// Reads numbers into all of `target`, each plus `base`.
    static func read<Source: ByteSource & ~Copyable, Number: FixedWidthInteger>(
        into target: UnsafeMutableBufferPointer<Number>, plus base: Number = 0,
        from source: inout Source, column: Int
    ) throws(TableDecodingError) {
        let width = Int(try source.integer(UInt8.self))
        try read(width: width, into: target, plus: base, from: &source, column: column)
    }

    /// Reads numbers of `width` bytes, which have been read already to be so wide.
    static func read<Source: ByteSource & ~Copyable, Number: FixedWidthInteger>(
        width: Int, into target: UnsafeMutableBufferPointer<Number>, plus base: Number,
        from source: inout Source, column: Int
    ) throws(TableDecodingError) {
        guard width <= Number.bitWidth / 8 else { throw .damaged(column: column) }
        guard width > 0 else {
            target.initialize(repeating: base)
            return
        }
        guard target.count <= source.remaining / width else { throw .truncated }
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: width * min(target.count, chunkCount), alignment: 64)
        defer { scratch.deallocate() }
        for start in stride(from: 0, to: target.count, by: chunkCount) {
            let end = min(target.count, start + chunkCount)
            let planes = UnsafeMutableRawBufferPointer(
                rebasing: scratch[..<(width * (end - start))])
            try source.read(into: planes)
            let part = UnsafeMutableBufferPointer(rebasing: target[start..<end])
            combine(UnsafeRawBufferPointer(planes), width: width, into: part, plus: base)
        }
    }

    /// A loop for each width, so that the compiler unrolls the planes and takes many rows at once.
    static func combine<Number: FixedWidthInteger>(
        _ planes: UnsafeRawBufferPointer, width: Int,
        into target: UnsafeMutableBufferPointer<Number>, plus base: Number
    ) {
        switch width {
        case 1: combine(planes, 1, into: target, plus: base)
        case 2: combine(planes, 2, into: target, plus: base)
        case 3: combine(planes, 3, into: target, plus: base)
        case 4: combine(planes, 4, into: target, plus: base)
        case 5: combine(planes, 5, into: target, plus: base)
        case 6: combine(planes, 6, into: target, plus: base)
        case 7: combine(planes, 7, into: target, plus: base)
        default: combine(planes, 8, into: target, plus: base)
        }
    }

    @inline(__always)
    private static func combine<Number: FixedWidthInteger>(
        _ planes: UnsafeRawBufferPointer, _ width: Int,
        into target: UnsafeMutableBufferPointer<Number>, plus base: Number
    ) {
        let count = target.count
        // `planes` has `width * count` bytes and `target` `count` numbers: the caller made them so.
        guard let source = planes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let numbers = target.baseAddress
        else { return }
        for index in 0..<count {
            var value: Number = 0
            for plane in 0..<width {
                value |=
                    Number(truncatingIfNeeded: source[plane &* count &+ index])
                    &<< Number(truncatingIfNeeded: 8 &* plane)
            }
            numbers[index] = value &+ base
        }
    }
}
