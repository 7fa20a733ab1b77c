import TachoLog

extension SegmentSummary {
    /// Why segments cannot be written anew where they are: some of them are in an archive.
    ///
    /// Asked before anything is recorded or changed, so that nothing is begun that cannot be ended.
    ///
    /// - Parameter segments: Those that would change.
    /// - Returns: `nil` if all of them are here.
    static func thawFirst(_ segments: some Sequence<SegmentSummary>) -> LogError? {
        let archived = segments.filter { $0.state == "archived" }
        guard let first = archived.first, let last = archived.last else { return nil }
        let names =
            archived.count == 1
            ? "\(first.file) is archived in \(first.archive ?? "?")"
            : "\(archived.count) segments, \(first.file) to \(last.file), are archived"
        return LogError(
            .archived,
            "\(names), and would have to be written anew. Nothing was changed; first `tacho thaw "
                + "--from \(first.first) --to \(last.last)`.")
    }
}
