/// The hash chain's head at a position, to be kept where the log's owner cannot change it.
///
/// Put into a commit, a ticket, or the log of a build, it proves later that everything up to its
/// position is what it was then: whoever changes, removes, or reorders an event before it changes
/// the chain. Without a copy elsewhere a log cannot prove that, because one who can write to all
/// of it can compute all of it anew, or cut its end.
///
/// As text: `POSITION CHAIN STORE`, the chain as 64 hexadecimal digits.
public struct Anchor: Hashable, Sendable, CustomStringConvertible {
    public let position: Position
    /// The chain's head after that position, in hexadecimal.
    public let chain: String
    /// Of which store; `nil` if the text does not say.
    public let store: String?

    public init(position: Position, chain: String, store: String?) {
        self.position = position
        self.chain = chain
        self.store = store
    }

    /// Reads `POSITION CHAIN` or `POSITION CHAIN STORE`; `nil` for anything else.
    public init?(_ text: some StringProtocol) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 2 || words.count == 3, let position = UInt64(words[0]),
            let digest = Digest256(hex: words[1].lowercased())
        else { return nil }
        var store: String?
        if words.count == 3 {
            guard let identifier = StoreID(words[2]) else { return nil }
            store = identifier.description
        }
        self.init(position: Position(position), chain: digest.hex, store: store)
    }

    public var description: String {
        "\(position) \(chain)" + (store.map { " " + $0 } ?? "")
    }
}

extension LogReader {
    /// The anchor of the last position of this view, or of a newer one if files of this have gone.
    ///
    /// - Throws: ``LogError`` `.damaged` if a line behind the last sealed segment cannot be read.
    /// - Complexity: O(bytes that are not sealed): what sealed segments say of themselves is
    ///   believed; `verify --deep` checks it.
    public func anchor() throws(LogError) -> Anchor {
        try withFilesInPlace { log throws(LogError) in try log.anchorOfView() }
    }

    private func anchorOfView() throws(LogError) -> Anchor {
        var chain = Chain.start
        var hasher = SHA256Hasher()
        for segment in view.segments {
            if segment.entry.state.isSealed {
                let sealed = try SealedSegment.open(segment.entry, layout, store, fileSystem)
                sealed.close(fileSystem)
                chain = Chain(head: sealed.reader.footer.chainAfter)
                continue
            }
            try LogError.unifying {
                try forEachBatch(from: segment.first, through: segment.last) { batch in
                    try batch.forEachRecord { record in
                        chain.append(line: record.line, with: &hasher)
                        return true
                    }
                    return true
                }
            }
        }
        return Anchor(
            position: view.lastPosition, chain: chain.head.hex, store: store.description)
    }
}
