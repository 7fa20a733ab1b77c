import ArgumentParser
import TachoLog

struct SealCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Turn the active segment into a compressed one that never changes.",
        discussion: """
            A sealed segment is LZ4 that every lz4 reads: `lz4 -dc FILE` prints its lines. \
            Appending goes on meanwhile. Full segments are sealed without being asked.

            EXAMPLES
              tacho seal
              lz4 -dc .tacho/log/*.lz4 | jq .type
            """)

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    func run() throws {
        var writer = try location.openWriter(creates: false, output.messages)
        let report = try writer.seal()
        var listing = Listing(
            schema: "tacho.seal/1",
            fields: [
                .init("file", detail: false), .init("first", right: true),
                .init("last", right: true), .init("raw_bytes", "raw", right: true),
                .init("bytes", "sealed", right: true), .init("ratio", right: true),
                .init("missing", right: true),
            ])
        listing.emptyMessage = "Nothing to seal: the active segment is empty."
        listing.rows = report.segments.map { segment in
            [
                .text(segment.file), Cell(segment.first), Cell(segment.last),
                .byteCount(segment.rawByteCount), .byteCount(segment.byteCount),
                .ratio(segment.rawByteCount, segment.byteCount), .count(segment.missingCount),
            ]
        }
        try listing.print(output)
    }
}

extension Cell {
    /// How many times smaller; unknown for nothing.
    static func ratio(_ rawByteCount: Int, _ byteCount: Int) -> Cell {
        guard rawByteCount > 0, byteCount > 0 else { return .unknown }
        let hundredths = (Double(rawByteCount) / Double(byteCount) * 100).rounded()
        return .real(hundredths / 100)
    }
}
