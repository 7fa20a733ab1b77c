/// The file `HEAD`: where the log ends, so that nobody has to look for it.
///
/// Two slots of 512 bytes, written in turn with one `pwrite` each after the data they speak of.
/// The valid slot with the higher epoch counts, so a reader that meets a half-written one takes
/// the other. Numbers are little endian.
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 8 | `TACHOHED` |
/// | 8 | 4 | version, 1 |
/// | 12 | 4 | flags: 1 = closed cleanly, everything written is durable |
/// | 16 | 8 | epoch, one more with each write |
/// | 24 | 8 | first position of the active segment |
/// | 32 | 8 | bytes written to it, whole batches |
/// | 40 | 8 | last position written |
/// | 48 | 8 | bytes of it that are durable |
/// | 56 | 8 | last durable position |
/// | 64 | 8 | `recorded` of the last record, microseconds since 1970 |
/// | 72 | 8 | boot identifier of the machine that wrote this |
/// | 80 | 4 | generation of the active segment's file, 0 but after a failed sync |
/// | 84 | 4 | syncs that have failed so far |
/// | 88 | 420 | zero |
/// | 508 | 4 | CRC-32C of bytes 0 to 507, seeded with the store's id |
///
/// *written* says how far the page cache goes; it is true as long as the machine has not
/// restarted since. *durable* is true always, because it was written after the sync it tells of.
struct Head: Equatable, Sendable {
    static let slotByteCount = 512
    static let byteCount = 2 * slotByteCount
    /// `TACHOHED`, as a little endian number.
    private static let magic: UInt64 = 0x4445_484F_4843_4154

    var isClean = false
    var epoch: UInt64 = 0
    var activeFirst: Position
    var activeGeneration: UInt32 = 0
    /// What was written before the last failure and not durable then is not part of the log.
    var syncFailureCount: UInt32 = 0
    var writtenByteCount = 0
    var writtenPosition: Position
    var durableByteCount = 0
    var durablePosition: Position
    var recorded: Timestamp
    var boot: UInt64

    /// Of a log whose active segment is new and empty.
    init(
        activeFirst: Position, activeGeneration: UInt32 = 0, recorded: Timestamp, boot: UInt64
    ) {
        self.activeFirst = activeFirst
        self.activeGeneration = activeGeneration
        writtenPosition = activeFirst.previous
        durablePosition = activeFirst.previous
        self.recorded = recorded
        self.boot = boot
    }

    /// What the checksums of a store's HEAD begin with.
    static func seed(_ store: StoreID) -> UInt32 { CRC32C.checksum(store.bytes) }

    /// Where in the file its slot is.
    var offset: Int { Int(epoch % 2) * Self.slotByteCount }

    func encoded(for store: StoreID) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Self.slotByteCount) { slot, count in
            encode(into: UnsafeMutableRawBufferPointer(slot), seed: Self.seed(store))
            count = Self.slotByteCount
        }
    }

    /// Writes the slot.
    ///
    /// - Parameters:
    ///   - slot: All of its 512 bytes are written.
    ///   - seed: Of the store (``seed(_:)``).
    func encode(into slot: UnsafeMutableRawBufferPointer, seed: UInt32) {
        precondition(slot.count >= Self.slotByteCount, "a slot has 512 bytes")
        slot.store(Self.magic, at: 0)
        slot.store(UInt32(1), at: 8)
        slot.store(UInt32(isClean ? 1 : 0), at: 12)
        slot.store(epoch, at: 16)
        slot.store(activeFirst.rawValue, at: 24)
        slot.store(UInt64(writtenByteCount), at: 32)
        slot.store(writtenPosition.rawValue, at: 40)
        slot.store(UInt64(durableByteCount), at: 48)
        slot.store(durablePosition.rawValue, at: 56)
        slot.store(UInt64(bitPattern: recorded.microseconds), at: 64)
        slot.store(boot, at: 72)
        slot.store(activeGeneration, at: 80)
        slot.store(syncFailureCount, at: 84)
        UnsafeMutableRawBufferPointer(rebasing: slot[88..<508])
            .initializeMemory(as: UInt8.self, repeating: 0)
        slot.store(Self.checksum(UnsafeRawBufferPointer(slot), seed), at: 508)
    }

    /// The current slot of a whole HEAD file; `nil` if neither is valid.
    init?(file bytes: [UInt8], store: StoreID) {
        let slots = bytes.withUnsafeBytes { HeadSlots(file: $0, seed: Self.seed(store)) }
        guard let newest = slots.current else { return nil }
        self = newest
    }

    /// Reads a slot from its 512 bytes.
    fileprivate init?(slot bytes: UnsafeRawBufferPointer, seed: UInt32) {
        guard bytes.count == Self.slotByteCount, bytes.loadUInt64(at: 0) == Self.magic,
            bytes.loadUInt32(at: 8) == 1,
            bytes.loadUInt32(at: 508) == Self.checksum(bytes, seed),
            let written = Int(exactly: bytes.loadUInt64(at: 32)),
            let durable = Int(exactly: bytes.loadUInt64(at: 48)), durable <= written
        else { return nil }
        isClean = bytes.loadUInt32(at: 12) & 1 == 1
        epoch = bytes.loadUInt64(at: 16)
        activeFirst = Position(bytes.loadUInt64(at: 24))
        writtenByteCount = written
        writtenPosition = Position(bytes.loadUInt64(at: 40))
        durableByteCount = durable
        durablePosition = Position(bytes.loadUInt64(at: 56))
        recorded = Timestamp(microseconds: Int64(bitPattern: bytes.loadUInt64(at: 64)))
        boot = bytes.loadUInt64(at: 72)
        activeGeneration = bytes.loadUInt32(at: 80)
        syncFailureCount = bytes.loadUInt32(at: 84)
        guard isCountable else { return nil }
    }

    /// Whether everything in it can be counted on without overflow: what a log can come to.
    private var isCountable: Bool {
        activeFirst > .zero && writtenByteCount < 1 << 60 && writtenPosition >= activeFirst.previous
            && durablePosition <= writtenPosition
            && writtenPosition <= .largest
            && epoch < UInt64.max / 2 && activeGeneration < UInt32.max / 2
            && syncFailureCount < UInt32.max / 2
            && recorded >= Timestamp(microseconds: 0) && recorded <= Self.latestRecorded
    }

    /// The last millisecond of the year 9999; a later one has no place in a line.
    private static let latestRecorded = Timestamp(microseconds: 253_402_300_799_999_000)

    /// Of a slot's bytes before its last four.
    private static func checksum(_ slot: UnsafeRawBufferPointer, _ seed: UInt32) -> UInt32 {
        CRC32C.checksum(
            UnsafeRawBufferPointer(rebasing: slot[..<(slotByteCount - 4)]), seed: seed)
    }
}

/// Both slots of a HEAD file.
struct HeadSlots {
    /// The valid slot with the higher epoch; `nil` if neither is valid.
    let current: Head?
    /// Whether no slot was damaged.
    ///
    /// In a new store one was not written yet and is zero.
    let areWhole: Bool

    /// Of a file whose slots are both valid.
    init(whole newest: Head) {
        (current, areWhole) = (newest, true)
    }

    /// - Parameters:
    ///   - file: All of it.
    ///   - seed: Of the store (``Head/seed(_:)``).
    init(file: UnsafeRawBufferPointer, seed: UInt32) {
        let half = min(Head.slotByteCount, file.count)
        let first = UnsafeRawBufferPointer(rebasing: file[..<half])
        let second = UnsafeRawBufferPointer(rebasing: file[half...].prefix(Head.slotByteCount))
        switch (Head(slot: first, seed: seed), Head(slot: second, seed: seed)) {
        case (let one?, let other?):
            (current, areWhole) = (one.epoch >= other.epoch ? one : other, true)
        case (let only?, nil):
            (current, areWhole) = (only, second.allSatisfy { $0 == 0 } && only.epoch < 2)
        case (nil, let only?):
            (current, areWhole) = (only, first.allSatisfy { $0 == 0 } && only.epoch < 2)
        case (nil, nil):
            (current, areWhole) = (nil, false)
        }
    }
}

extension UnsafeMutableRawBufferPointer {
    @inline(__always)
    fileprivate func store(_ value: some FixedWidthInteger, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func loadUInt32(at offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    fileprivate func loadUInt64(at offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
