private import CLZ4
private import CZstd
import TachoLog

/// Makes the blocks of a snapshot.
///
/// The same bytes make the same block, whatever came before it: zstd promises so much of one version
/// of it. Its context is large, and made once for all blocks of a file.
struct SnapshotBlockEncoder: ~Copyable {
    private static let level: CInt = 1

    private let context: OpaquePointer

    init() {
        guard let context = ZSTD_createCCtx() else { preconditionFailure("memory is had") }
        self.context = context
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// - Returns: The block as it lies in the file, and what kind it is.
    func encode(_ raw: UnsafeRawBufferPointer) -> (kind: SnapshotBlocks.Kind, block: [UInt8]) {
        guard let block = compress(raw) else { return (.raw, Array(raw)) }
        guard block.count < raw.count / SnapshotBlocks.largestRatio else { return (.zstd, block) }
        return (.lz4, compressByLZ4(raw))
    }

    /// The same of packed numbers, which is their differences if these are clearly smaller.
    func encode(
        _ planes: UnsafeRawBufferPointer, of numbers: UnsafeMutableBufferPointer<UInt64>
    ) -> (kind: SnapshotBlocks.Kind, block: [UInt8]) {
        let plain = encode(planes)
        let limit = plain.block.count - plain.block.count / 16 - NumberDifferences.headerByteCount
        let width = planes.count / numbers.count
        guard width > 1, limit > 1,
            let (differences, stored) = NumberDifferences.make(of: numbers, width: width),
            let frame = stored.withUnsafeBytes({ compress($0, capacity: limit) }),
            frame.count >= planes.count / SnapshotBlocks.largestRatio
        else { return plain }
        return (.differences, differences.header + frame)
    }

    /// The same of texts, by the places of their bytes; `nil` if these are not smaller than `limit`.
    func encode(
        _ texts: UnsafeRawBufferPointer, width: Int, limit: Int
    ) -> (kind: SnapshotBlocks.Kind, block: [UInt8])? {
        let planes = [UInt8](unsafeUninitializedCapacity: texts.count) { planes, count in
            TextPlanes.split(texts, width: width, into: UnsafeMutableRawBufferPointer(planes))
            count = texts.count
        }
        guard limit > TextPlanes.headerByteCount + 1,
            let frame = planes.withUnsafeBytes({
                compress($0, capacity: limit - 1 - TextPlanes.headerByteCount)
            }), frame.count >= texts.count / SnapshotBlocks.largestRatio
        else { return nil }
        return (.planes, [UInt8(width)] + frame)
    }

    /// - Returns: `nil` if it would not be smaller.
    private func compress(_ raw: UnsafeRawBufferPointer) -> [UInt8]? {
        raw.count > 1 ? compress(raw, capacity: raw.count - 1) : nil
    }

    /// - Returns: `nil` if there is not so much room.
    private func compress(_ raw: UnsafeRawBufferPointer, capacity: Int) -> [UInt8]? {
        let block = [UInt8](unsafeUninitializedCapacity: capacity) { target, count in
            // zstd reads `raw` and writes at most `capacity` bytes, or fails for lack of room.
            let written = ZSTD_compressCCtx(
                context, target.baseAddress, capacity, raw.baseAddress, raw.count, Self.level)
            count = ZSTD_isError(written) == 0 ? written : 0
        }
        return block.isEmpty ? nil : block
    }

    private func compressByLZ4(_ raw: UnsafeRawBufferPointer) -> [UInt8] {
        let bound = Int(LZ4_compressBound(CInt(raw.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            // LZ4 reads `raw` and writes at most `bound` bytes, for which there is always room.
            count = Int(
                LZ4_compress_default(
                    raw.baseAddress, target.baseAddress, CInt(raw.count), CInt(bound)))
        }
    }
}

/// Reads what ``SnapshotBlockEncoder`` makes.
///
/// @unchecked: the context is memory that only this one knows of, there is one of this, and whoever
/// decodes has it alone.
struct SnapshotBlockDecoder: ~Copyable, @unchecked Sendable {
    /// Made when the first block of zstd's is decoded: most snapshots are opened for few.
    private var context: OpaquePointer?
    /// Of one piece of numbers, or of texts, when there is one.
    private var planes: [UInt8] = []
    private var numbers: [UInt64] = []

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Decodes a block into exactly as many bytes as it holds.
    ///
    /// - Returns: Whether it could be.
    mutating func decode(
        _ block: UnsafeRawBufferPointer, _ kind: SnapshotBlocks.Kind,
        into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        switch kind {
        case .raw:
            guard block.count == target.count else { return false }
            target.copyMemory(from: block)
            return true
        case .lz4:
            // LZ4 reads `block.count` bytes and writes at most `target.count`.
            let written = LZ4_decompress_safe(
                block.baseAddress, target.baseAddress, CInt(block.count), CInt(target.count))
            return Int(written) == target.count
        case .zstd: return Self.decompress(block, into: target, knownContext())
        case .differences: return decodeDifferences(block, into: target)
        case .planes: return decodePlanes(block, into: target)
        }
    }

    private mutating func decodePlanes(
        _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard block.count > TextPlanes.headerByteCount, block[0] > 0,
            target.count <= SnapshotBlocks.largestByteCount
        else { return false }
        makeRoom()
        let context = knownContext()
        return planes.withUnsafeMutableBytes { planes in
            let planes = UnsafeMutableRawBufferPointer(rebasing: planes[..<target.count])
            let frame = UnsafeRawBufferPointer(rebasing: block[TextPlanes.headerByteCount...])
            guard Self.decompress(frame, into: planes, context) else { return false }
            TextPlanes.join(
                UnsafeRawBufferPointer(planes), width: Int(block[0]), into: target)
            return true
        }
    }

    private mutating func makeRoom() {
        guard planes.isEmpty else { return }
        planes = Array(repeating: 0, count: SnapshotBlocks.largestByteCount)
        numbers = Array(repeating: 0, count: PackedNumbers.chunkCount)
    }

    private mutating func decodeDifferences(
        _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let differences = NumberDifferences(block, rawByteCount: target.count) else {
            return false
        }
        makeRoom()
        let context = knownContext()
        let count = target.count / differences.width
        return planes.withUnsafeMutableBytes { planes in
            let planes = UnsafeMutableRawBufferPointer(
                rebasing: planes[..<(count * differences.storedWidth)])
            let frame = UnsafeRawBufferPointer(
                rebasing: block[NumberDifferences.headerByteCount...])
            guard Self.decompress(frame, into: planes, context) else { return false }
            numbers.withUnsafeMutableBufferPointer { numbers in
                let numbers = UnsafeMutableBufferPointer(rebasing: numbers[..<count])
                PackedNumbers.combine(
                    UnsafeRawBufferPointer(planes), width: differences.storedWidth, into: numbers,
                    plus: 0)
                differences.sum(numbers)
                PackedNumbers.split(
                    numbers, width: differences.width, into: target.bindMemory(to: UInt8.self))
            }
            return true
        }
    }

    private mutating func knownContext() -> OpaquePointer {
        if let context { return context }
        guard let made = ZSTD_createDCtx() else { preconditionFailure("memory is had") }
        context = made
        return made
    }

    private static func decompress(
        _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        _ context: OpaquePointer
    ) -> Bool {
        // zstd reads `block.count` bytes and writes at most `target.count`, without a window of its
        // own; a failure is a number beyond any size.
        let written = ZSTD_decompressDCtx(
            context, target.baseAddress, target.count, block.baseAddress, block.count)
        return written == target.count
    }
}
