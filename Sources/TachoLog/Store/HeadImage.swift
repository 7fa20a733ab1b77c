#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// HEAD as a writer has seen or written it last, byte by byte.
///
/// A writer that is alone finds HEAD as it left it. Comparing a kilobyte tells that faster than
/// taking two checksums and reading two slots, and says the same: bytes that were valid are valid.
///
/// Memory: twice ``Head/byteCount`` bytes, owned by this value alone and freed with it. What is
/// lent of them is valid until the next call.
struct HeadImage: ~Copyable {
    /// As seen last, or as it will be when what was put is written.
    private let seen: UnsafeMutableRawBufferPointer
    /// For the file to be read into.
    let room: UnsafeMutableRawBufferPointer
    /// What ``seen`` says; `nil` if it is not known to be what the file holds.
    private var slots: HeadSlots?

    init() {
        let bytes = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 2 * Head.byteCount, alignment: 16)
        seen = UnsafeMutableRawBufferPointer(rebasing: bytes[..<Head.byteCount])
        room = UnsafeMutableRawBufferPointer(rebasing: bytes[Head.byteCount...])
    }

    deinit {
        // Where all of it begins.
        seen.deallocate()
    }

    /// What the file says, of which `count` bytes have been read into ``room``.
    ///
    /// - Parameters:
    ///   - count: All of the file, or as much of it as a HEAD has.
    ///   - seed: Of the store (``Head/seed(_:)``).
    /// - Returns: As a ``HeadSlots`` of these bytes.
    mutating func slots(read count: Int, seed: UInt32) -> HeadSlots {
        if let slots, count == Head.byteCount, isUnchanged { return slots }
        let file = UnsafeRawBufferPointer(rebasing: room[..<count])
        let found = HeadSlots(file: file, seed: seed)
        slots = count == Head.byteCount ? found : nil
        seen.copyMemory(from: file)
        return found
    }

    private var isUnchanged: Bool {
        guard let seen = seen.baseAddress, let room = room.baseAddress else { return false }
        return memcmp(seen, room, Head.byteCount) == 0
    }

    /// Puts a new HEAD into its slot, which is to be written at ``Head/offset`` of the file.
    ///
    /// - Parameters:
    ///   - head: Of the epoch behind the current one.
    ///   - seed: Of the store.
    /// - Returns: The slot's bytes.
    mutating func put(_ head: Head, seed: UInt32) -> UnsafeRawBufferPointer {
        let range = head.offset..<head.offset + Head.slotByteCount
        let slot = UnsafeMutableRawBufferPointer(rebasing: seen[range])
        // The other slot stays as it is: whole, and of the epoch before.
        let isFollowing = slots.map { $0.areWhole && $0.current?.epoch == head.epoch - 1 } ?? false
        slots = isFollowing ? HeadSlots(whole: head) : nil
        head.encode(into: slot, seed: seed)
        return UnsafeRawBufferPointer(slot)
    }

    /// What was put last may not be what the file holds.
    mutating func forget() {
        slots = nil
    }
}
