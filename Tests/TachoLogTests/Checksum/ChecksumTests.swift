import CChecksum
import TachoLog
import TestSupport
import Testing

@Suite struct ChecksumTests {
    @Test func `SHA-256 gives the values of its standard`() {
        #expect(
            SHA256.hash([]).hex
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.hash(Array("abc".utf8)).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func `a message in pieces has the digest of the whole`() {
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var hasher = SHA256Hasher()
        for count in 0...bytes.count {
            let message = Array(bytes[..<count])
            let cut = count * 5 / 7

            message.withUnsafeBytes { raw in
                hasher.update(UnsafeRawBufferPointer(rebasing: raw[..<cut]))
                hasher.update(UnsafeRawBufferPointer(rebasing: raw[cut...]))
            }

            #expect(hasher.finish() == SHA256.hash(message))
        }
    }

    @Test func `SHA-256 is the same with the processor's instructions and without`() {
        let seed = testSeed()
        var random = SeededRandom(seed)
        for blockCount in 1...20 {
            let blocks = (0..<blockCount * 64).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            var fast = tacho_sha256()
            tacho_sha256_begin(&fast)
            var plain = fast

            blocks.withUnsafeBytes { raw in
                tacho_sha256_update(&fast, raw.baseAddress, raw.count)
                withUnsafeMutableBytes(of: &plain.state) { state in
                    tacho_sha256_take_plainly(
                        state.bindMemory(to: UInt32.self).baseAddress, raw.baseAddress,
                        blockCount)
                }
            }

            let states = withUnsafeBytes(of: fast.state) { fast in
                withUnsafeBytes(of: plain.state) { (Array(fast), Array($0)) }
            }
            #expect(states.0 == states.1, "seed \(seed)")
        }
    }

    @Test func `bytes taken into two messages at once are in each of them`() {
        let bytes = (0..<400).map { UInt8(truncatingIfNeeded: $0 &* 11) }
        for (before, otherBefore) in [(0, 0), (1, 0), (0, 63), (64, 1), (70, 130)] {
            for count in 0...bytes.count {
                var one = SHA256Hasher()
                var other = SHA256Hasher()
                let front = Array(bytes.prefix(before))
                let otherFront = Array(bytes.prefix(otherBefore))
                let message = Array(bytes.prefix(count))

                front.withUnsafeBytes { one.update($0) }
                otherFront.withUnsafeBytes { other.update($0) }
                message.withUnsafeBytes { one.update($0, also: &other) }

                #expect(one.finish() == SHA256.hash(front + message))
                #expect(other.finish() == SHA256.hash(otherFront + message))
            }
        }
    }

    @Test func `a hasher is as new after each message`() {
        var hasher = SHA256Hasher()
        for text in ["abc", "", "abc", "a longer message"] {
            let bytes = Array(text.utf8)

            bytes.withUnsafeBytes { hasher.update($0) }

            #expect(hasher.finish() == SHA256.hash(bytes))
        }
    }

    @Test func `a digest survives its text and other texts are refused`() {
        let digest = SHA256.hash(Array("abc".utf8))

        #expect(Digest256(hex: digest.hex) == digest)
        #expect(Digest256(hex: digest.hex.uppercased()) == digest)
        #expect(Digest256(hex: String(digest.hex.dropLast(2))) == nil)
        #expect(Digest256(hex: "g" + digest.hex.dropFirst()) == nil)
        #expect(Digest256(digest.bytes) == digest)
    }

    @Test func `CRC-32C gives the values of its standard`() {
        // RFC 3720 §B.4, and the check value of the CRC catalogue.
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    }

    @Test func `a checksum in pieces is the checksum of the whole`() {
        let bytes = (0..<100).map { UInt8($0) }
        for cut in 0...100 {
            let front = CRC32C.checksum(Array(bytes[..<cut]))

            #expect(CRC32C.checksum(Array(bytes[cut...]), seed: front) == CRC32C.checksum(bytes))
        }
    }

    @Test func `a checksum of many bytes is that of each after the other`() {
        let seed = testSeed()
        var random = SeededRandom(seed)
        for count in Array(90...800) + [1535, 1536, 2304, 5000, 100_003] {
            let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let start = UInt32(truncatingIfNeeded: random.next())

            let single = bytes.reduce(start) { CRC32C.checksum([$1], seed: $0) }

            #expect(CRC32C.checksum(bytes, seed: start) == single, "seed \(seed), \(count) bytes")
        }
    }

    @Test func `the chain is the plain formula`() {
        var hasher = SHA256Hasher()
        var (chain, both) = (Chain.start, Chain.start)
        var digest = SHA256Hasher()
        var whole: [UInt8] = []
        var naive = [UInt8](repeating: 0, count: 32)
        for line in ["first\n", "second\n", "\n"] {
            let bytes = Array(line.utf8)

            bytes.withUnsafeBytes { chain.append(line: $0, with: &hasher) }
            bytes.withUnsafeBytes { both.append(line: $0, with: &hasher, also: &digest) }
            whole += bytes

            naive = SHA256.hash([0x01] + naive + SHA256.hash([0x00] + bytes).bytes).bytes
            #expect(chain.head.bytes == naive)
            #expect(both.head.bytes == naive)
        }
        #expect(digest.finish() == SHA256.hash(whole))
    }

    @Test func `a store's name survives its text and other texts are refused`() throws {
        let text = "0192f0c1-7a5b-7c3d-8e9f-00112233aabb"
        let store = try #require(StoreID(text))

        #expect(store.description == text)
        #expect(StoreID(text.uppercased()) == store)
        #expect(StoreID(store.bytes) == store)
        #expect(StoreID(text.dropLast()) == nil)
        #expect(StoreID(text.replacing("-", with: "0")) == nil)
        #expect(StoreID("0192f0c17a5b-7c3d-8e9f-00112233aabb-") == nil)
        #expect(StoreID([1, 2, 3]) == nil)
    }
}
