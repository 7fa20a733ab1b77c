/// How much of an input is held in memory at most; what is longer is refused, not cut.
package enum InputLimit {
    /// Bytes of one line: the longest real one measured has 0.96 MB (`shared/data/SHAPES.md`).
    package static let lineByteCount = 16 << 20
    /// Bytes of a file that is one document: an array, or objects in a row.
    package static let documentByteCount = 64 << 20
}
