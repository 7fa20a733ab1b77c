import Testing

@testable import TachoLog

@Suite struct HeadImageTests {
    private let seed: UInt32 = 7

    private func head(_ epoch: UInt64) -> Head {
        var head = Head(
            activeFirst: Position(1), recorded: Timestamp(microseconds: 5_000), boot: 9)
        head.epoch = epoch
        head.writtenByteCount = Int(epoch) * 100
        head.writtenPosition = Position(epoch)
        return head
    }

    /// A file as writers leave it, one slot after the other.
    private struct File {
        var bytes = [UInt8](repeating: 0, count: Head.byteCount)

        mutating func write(_ slot: UnsafeRawBufferPointer, at offset: Int) {
            bytes.replaceSubrange(offset..<offset + slot.count, with: slot)
        }

        mutating func write(_ head: Head, seed: UInt32) {
            var image = HeadImage()
            write(image.put(head, seed: seed), at: head.offset)
        }

        func read(_ image: inout HeadImage, seed: UInt32) -> HeadSlots {
            image.room.copyBytes(from: bytes)
            return image.slots(read: bytes.count, seed: seed)
        }
    }

    @Test func `what a writer has put is what it reads, as long as nobody else writes`() {
        var file = File()
        var image = HeadImage()
        file.write(head(1), seed: seed)
        file.write(head(2), seed: seed)
        #expect(file.read(&image, seed: seed).current == head(2))

        for epoch in UInt64(3)...6 {
            file.write(image.put(head(epoch), seed: seed), at: head(epoch).offset)
            let slots = file.read(&image, seed: seed)
            #expect(slots.current == head(epoch) && slots.areWhole)
        }

        file.write(head(7), seed: seed)
        #expect(file.read(&image, seed: seed).current == head(7))
    }

    @Test func `a slot that was damaged is seen, also behind one that was put`() {
        var file = File()
        var image = HeadImage()
        file.write(head(1), seed: seed)
        file.write(head(2), seed: seed)
        _ = file.read(&image, seed: seed)
        file.write(image.put(head(3), seed: seed), at: head(3).offset)
        for offset in [20, 500, 520, 1000] {
            var damaged = file
            damaged.bytes[offset] ^= 1
            let slots = damaged.read(&image, seed: seed)
            #expect(!slots.areWhole)
            #expect(slots.current == (offset < Head.slotByteCount ? head(3) : head(2)))
            #expect(file.read(&image, seed: seed).areWhole)
        }
    }

    @Test func `a slot that could not be written is not taken for the file's`() {
        var file = File()
        var image = HeadImage()
        file.write(head(1), seed: seed)
        file.write(head(2), seed: seed)
        _ = file.read(&image, seed: seed)

        _ = image.put(head(3), seed: seed)
        image.forget()

        #expect(file.read(&image, seed: seed).current == head(2))
    }

    @Test func `a short file has the slots that are in it`() {
        var file = File()
        file.write(head(2), seed: seed)
        var image = HeadImage()
        image.room.copyBytes(from: file.bytes)
        #expect(image.slots(read: 0, seed: seed).current == nil)
        #expect(image.slots(read: 600, seed: seed).current == head(2))
        #expect(!image.slots(read: 500, seed: seed).areWhole)
    }
}
