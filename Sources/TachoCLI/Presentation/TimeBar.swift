/// A span of time as a bar on a line of fixed width.
enum TimeBar {
    /// - Parameters:
    ///   - start: Where the span begins, 0 to 1 of the whole.
    ///   - end: Where it ends.
    ///   - width: Columns of the whole.
    /// - Returns: Exactly `width` columns; a span is never shorter than one.
    static func text(from start: Double, to end: Double, width: Int) -> String {
        let first = min(width - 1, max(0, Int((start * Double(width)).rounded(.down))))
        let last = min(width, max(first + 1, Int((end * Double(width)).rounded())))
        return String(repeating: "·", count: first)
            + String(repeating: "█", count: last - first)
            + String(repeating: "·", count: width - last)
    }
}
