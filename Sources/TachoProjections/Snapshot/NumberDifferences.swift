/// Packed numbers as the differences of each to the one before: a third of the size where numbers
/// ascend, or nearly so, as moments and positions do.
///
/// ```
/// u8 width of the numbers │ u8 of the differences │ u64 first number │ u64 step │
/// zstd frame: the differences, by byte planes
/// ```
///
/// A difference is counted in steps, the largest number that divides all of them: a thousand where
/// moments are whole milliseconds. It is 0 for the first number; its sign is in the lowest bit: 0,
/// -1, 1, -2 … are 0, 1, 2, 3 …
struct NumberDifferences {
    static let headerByteCount = 18

    let width: Int
    let storedWidth: Int
    let first: UInt64
    let step: UInt64

    // MARK: Writing

    /// - Parameters:
    ///   - numbers: At least one.
    ///   - width: Theirs.
    /// - Returns: What is known of them, and the planes; `nil` if differences are wider than the
    ///   numbers are.
    static func make(
        of numbers: UnsafeMutableBufferPointer<UInt64>, width: Int
    ) -> (differences: NumberDifferences, planes: [UInt8])? {
        let step = step(of: numbers)
        var previous = numbers[0]
        var largest: UInt64 = 0
        var stored = [UInt64](repeating: 0, count: numbers.count)
        for (index, number) in numbers.enumerated() {
            let difference = Int64(bitPattern: number &- previous) / step
            let folded = UInt64(bitPattern: difference << 1 ^ difference >> 63)
            stored[index] = folded
            largest = max(largest, folded)
            previous = number
        }
        let storedWidth = max(1, PackedNumbers.width(ofLargest: largest))
        guard storedWidth <= width else { return nil }
        let differences = NumberDifferences(
            width: width, storedWidth: storedWidth, first: numbers[0],
            step: UInt64(bitPattern: step))
        var planes = [UInt8](repeating: 0, count: storedWidth * numbers.count)
        stored.withUnsafeMutableBufferPointer { stored in
            planes.withUnsafeMutableBufferPointer {
                PackedNumbers.split(stored, width: storedWidth, into: $0)
            }
        }
        return (differences, planes)
    }

    private static func step(of numbers: UnsafeMutableBufferPointer<UInt64>) -> Int64 {
        var step: UInt64 = 0
        var previous = numbers[0]
        for number in numbers where step != 1 {
            var rest = Int64(bitPattern: number &- previous).magnitude
            while rest != 0 { (step, rest) = (rest, step % rest) }
            previous = number
        }
        return max(1, Int64(exactly: step) ?? 1)
    }

    var header: [UInt8] {
        var sink = ArraySink()
        sink.write(littleEndian: UInt8(width))
        sink.write(littleEndian: UInt8(storedWidth))
        sink.write(littleEndian: first)
        sink.write(littleEndian: step)
        return sink.bytes
    }

    // MARK: Reading

    private init(width: Int, storedWidth: Int, first: UInt64, step: UInt64) {
        self.width = width
        self.storedWidth = storedWidth
        self.first = first
        self.step = step
    }

    /// Reads the front of a block, which may be of any bytes; `nil` if no numbers whose planes have so
    /// many are stored like that.
    init?(_ block: UnsafeRawBufferPointer, rawByteCount: Int) {
        guard block.count > Self.headerByteCount else { return nil }
        func number(at offset: Int) -> UInt64 {
            UInt64(littleEndian: block.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        width = Int(block[0])
        storedWidth = Int(block[1])
        first = number(at: 2)
        step = number(at: 10)
        guard (1...8).contains(width), (1...width).contains(storedWidth),
            rawByteCount % width == 0, rawByteCount / width <= PackedNumbers.chunkCount
        else { return nil }
    }

    /// Makes numbers of their differences, in place, whatever these are.
    func sum(_ numbers: UnsafeMutableBufferPointer<UInt64>) {
        var number = first
        for index in numbers.indices {
            let stored = numbers[index]
            let difference = stored >> 1 ^ (0 &- stored & 1)
            number &+= difference &* step
            numbers[index] = number
        }
    }
}
