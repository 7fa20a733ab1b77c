import TachoLog

/// A hash of bytes that tables may keep: the same in every process and on every machine.
///
/// Where it changes, the versions of the projectors that keep it are raised.
enum ContentHash {
    static func hash(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        Int64(bitPattern: ByteHash.hash(bytes, seed: 0x7461_6368_6F2E_6331))
    }

    static func combine(_ left: Int64, _ right: Int64) -> Int64 {
        var both = (left, right)
        return withUnsafeBytes(of: &both) { hash($0) }
    }
}
