private import CLZ4
import TachoCapture
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why a file could not be read to its end; what came before it was read and stays.
package enum SourceError: Error, Hashable, Sendable {
    /// The system refused. Perhaps it does not the next time.
    case unreadable(errno: CInt)
    /// The LZ4 frame stops being one at `offset` of the compressed file.
    case damagedFrame(offset: Int, what: String)

    package var message: String {
        switch self {
        case .unreadable(let number): systemMessage(number)
        case .damagedFrame(let offset, let what):
            "the LZ4 frame is damaged at byte \(offset) of the compressed file: \(what)"
        }
    }
}

/// A file's plain bytes from front to back; an LZ4 frame is decoded on the way.
///
/// Memory is bounded by LZ4's largest block, 4 MiB, whatever a frame claims to hold.
package struct SourceFile: ~Copyable {
    private let file: OwnedDescriptor
    private let decoder: FrameDecoder?
    private var compressed: [UInt8] = []
    private var consumed = 0
    /// Of the compressed bytes: where `compressed` begins in the file.
    private var base = 0
    private var isInsideFrame = false

    package let byteCount: Int
    package let modified: Timestamp

    package var isCompressed: Bool { decoder != nil }

    /// Looks at the first bytes: what begins with LZ4's magic number is decoded, whatever its name.
    static func open(_ file: consuming OwnedDescriptor) throws(SourceError) -> SourceFile {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw .unreadable(errno: errno) }
        var magic: UInt32 = 0
        let count = pread(file.rawValue, &magic, 4, 0)
        guard count >= 0 else { throw .unreadable(errno: errno) }
        let isFrame = count == 4 && UInt32(littleEndian: magic) == 0x184D_2204
        return SourceFile(file, status, isFrame ? FrameDecoder() : nil)
    }

    private init(_ file: consuming OwnedDescriptor, _ status: stat, _ decoder: FrameDecoder?) {
        self.file = file
        self.decoder = decoder
        byteCount = Int(status.st_size)
        modified = Timestamp(status)
    }

    /// Fills `buffer` with the next plain bytes.
    ///
    /// - Returns: How many; 0 at the end.
    package mutating func read(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SourceError) -> Int {
        guard decoder != nil else {
            guard let count = file.readSome(into: buffer) else {
                throw .unreadable(errno: errno)
            }
            return count
        }
        return try decode(into: buffer)
    }

    /// Back to the first byte.
    package mutating func rewind() throws(SourceError) {
        guard lseek(file.rawValue, 0, SEEK_SET) == 0 else { throw .unreadable(errno: errno) }
        compressed.removeAll(keepingCapacity: true)
        consumed = 0
        base = 0
        isInsideFrame = false
        decoder?.reset()
    }

    /// To the byte at `offset` of a file that is not compressed.
    mutating func seek(to offset: Int) throws(SourceError) {
        precondition(!isCompressed, "a frame is read from its front")
        guard lseek(file.rawValue, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw .unreadable(errno: errno)
        }
    }

    /// What the bytes before `offset` are known by: its first 4 KiB and its last 64 KiB before
    /// there, of a file that is not compressed; `nil` if there are not that many.
    func fingerprint(before offset: Int) -> Digest256? {
        var hasher = SHA256Hasher()
        for range in [0..<min(4 << 10, offset), max(0, offset - (64 << 10))..<offset] {
            var bytes = [UInt8](repeating: 0, count: range.count)
            let isWhole = bytes.withUnsafeMutableBytes { buffer in
                var filled = 0
                while filled < buffer.count {
                    // The system writes no more than the count it is given.
                    let count = pread(
                        file.rawValue, buffer.baseAddress.map { $0 + filled },
                        buffer.count - filled, off_t(range.lowerBound + filled))
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return false }
                    filled += count
                }
                return true
            }
            guard isWhole else { return nil }
            bytes.withUnsafeBytes { hasher.update($0) }
        }
        return hasher.finish()
    }

    /// Up to `byteCount` plain bytes from the front; the next read goes on behind them.
    package mutating func head(_ byteCount: Int) throws(SourceError) -> [UInt8] {
        try rewind()
        var head = [UInt8](repeating: 0, count: byteCount)
        var filled = 0
        while filled < byteCount {
            var failure: SourceError?
            let count = head.withUnsafeMutableBytes { buffer -> Int in
                do throws(SourceError) {
                    return try read(
                        into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
                } catch {
                    failure = error
                    return 0
                }
            }
            // A damaged frame may still hold records in front of the damage.
            if let failure, filled == 0 { throw failure }
            if count == 0 { break }
            filled += count
        }
        head.removeLast(byteCount - filled)
        return head
    }

    private mutating func decode(
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SourceError) -> Int {
        while true {
            var isAtEnd = false
            if consumed == compressed.count { isAtEnd = try !refill() }
            var written = buffer.count
            var taken = compressed.count - consumed
            let step = compressed.withUnsafeBytes { input in
                decoder?.decode(
                    input.baseAddress.map { $0 + consumed }, &taken, into: buffer, &written)
            }
            if case .failed(let what)? = step {
                throw .damagedFrame(offset: base + consumed, what: what)
            }
            consumed += taken
            if written > 0 {
                isInsideFrame = step == .inside
                return written
            }
            if isAtEnd {
                guard !isInsideFrame else {
                    throw .damagedFrame(offset: base + consumed, what: "it is cut off")
                }
                return 0
            }
            guard taken > 0 else {
                throw .damagedFrame(offset: base + consumed, what: "it cannot be decoded further")
            }
            isInsideFrame = step == .inside
        }
    }

    /// Reads more compressed bytes; `false` at the end of the file.
    private mutating func refill() throws(SourceError) -> Bool {
        base += compressed.count
        consumed = 0
        var count: Int?
        compressed = [UInt8](unsafeUninitializedCapacity: 256 << 10) { buffer, filled in
            count = file.readSome(into: UnsafeMutableRawBufferPointer(buffer))
            filled = count ?? 0
        }
        guard let count else { throw .unreadable(errno: errno) }
        return count > 0
    }
}

extension Timestamp {
    /// When the file was changed last.
    init(_ status: stat) {
        #if canImport(Glibc)
            let time = status.st_mtim
        #else
            let time = status.st_mtimespec
        #endif
        self.init(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}

/// LZ4's streaming decoder, which checks the frame's checksums by itself.
private final class FrameDecoder {
    enum Step: Equatable {
        case inside, ended
        case failed(String)
    }

    private let context: OpaquePointer

    init() {
        var context: OpaquePointer?
        let code = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        guard LZ4F_isError(code) == 0, let context else {
            fatalError("LZ4 has no memory for a decoder")
        }
        self.context = context
    }

    deinit {
        LZ4F_freeDecompressionContext(context)
    }

    func reset() {
        LZ4F_resetDecompressionContext(context)
    }

    /// Decodes some bytes.
    ///
    /// The counts are first those of the buffers, afterwards how much was taken and filled.
    func decode(
        _ input: UnsafeRawPointer?, _ inputCount: inout Int,
        into output: UnsafeMutableRawBufferPointer, _ outputCount: inout Int
    ) -> Step {
        // LZ4 reads and writes inside the counts it is given, and says what it used of them.
        var nothing: UInt8 = 0
        let hint = withUnsafePointer(to: &nothing) { nowhere in
            LZ4F_decompress(
                context, output.baseAddress, &outputCount, input ?? UnsafeRawPointer(nowhere),
                &inputCount, nil)
        }
        if LZ4F_isError(hint) != 0 {
            inputCount = 0
            outputCount = 0
            return .failed(String(cString: LZ4F_getErrorName(hint)))
        }
        return hint == 0 ? .ended : .inside
    }
}
