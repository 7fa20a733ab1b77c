/// Texts of one size, or of pieces of one size, by the places of their bytes: ids have the same
/// letters in the same places, and digits that say little beside each other.
///
/// ```
/// u8 width │ zstd frame: of each `width` bytes the first ones │ their second ones │ … width │ the
/// bytes that are left
/// ```
///
/// A block need not begin where a text does: all of its texts are cut at the same place then.
enum TextPlanes {
    static let headerByteCount = 1
    /// What is shorter is found as well where it repeats, what is longer would be few planes' worth.
    static let widths = 12...255

    /// - Precondition: Both have as many bytes.
    static func split(
        _ texts: UnsafeRawBufferPointer, width: Int, into planes: UnsafeMutableRawBufferPointer
    ) {
        forEachPlace(texts.count, width) { text, place in planes[place] = texts[text] }
    }

    /// - Precondition: Both have as many bytes, and `width` is not 0.
    static func join(
        _ planes: UnsafeRawBufferPointer, width: Int, into texts: UnsafeMutableRawBufferPointer
    ) {
        forEachPlace(texts.count, width) { text, place in texts[text] = planes[place] }
    }

    /// In the order of the texts: as many planes are in the cache as there are, and few texts.
    @inline(__always)
    private static func forEachPlace(_ count: Int, _ width: Int, _ body: (Int, Int) -> Void) {
        let planeByteCount = count / width
        let end = planeByteCount &* width
        var text = 0
        for row in 0..<planeByteCount {
            var place = row
            for _ in 0..<width {
                body(text, place)
                text &+= 1
                place &+= planeByteCount
            }
        }
        for rest in end..<count { body(rest, rest) }
    }
}
