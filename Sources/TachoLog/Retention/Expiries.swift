internal import TachoJSON

/// The file `EXPIRED`: up to where the log was let go of, when, and by which policy.
///
/// One JSON object a line, one for each expiry in order of position, and a CRC-32C of all bytes
/// before the last line. Replaced by rename, before the manifest that names the empty segment in
/// the place of what was there.
///
/// ```
/// {"through":65536,"recorded":"2025-12-18T10:00:00.091Z","event":70001,"policy":"older than 90d","chain":"9f3a…"}
/// {"crc32c":"1c291ca3"}
/// ```
package struct Expiries: Equatable, Sendable {
    /// One expiry.
    package struct Cut: Equatable, Sendable {
        /// Everything up to here is gone.
        package let through: Position
        /// Of the last event that is gone, by the store's clock.
        package let recorded: Timestamp
        /// Where the event `tacho.expired` stands that tells of it.
        package let event: Position
        package let policy: String
        /// The chain's head there, with which the log begins now.
        package let chain: Digest256

        package init(
            through: Position, recorded: Timestamp, event: Position, policy: String,
            chain: Digest256
        ) {
            self.through = through
            self.recorded = recorded
            self.event = event
            self.policy = policy
            self.chain = chain
        }

        /// What a reader is told who asks for what is gone.
        package var error: LogError {
            LogError(
                .expired,
                "positions 1 to \(through) are not there any more: expired by event \(event) "
                    + "(policy: \(policy)). Tables as they are now still count them.")
        }

        /// By what a fold that ends here is known, now that its last event is gone.
        package func anchor(_ store: StoreID) -> LogAnchor {
            LogAnchor(
                store: ByteString(store.description), position: through,
                lineChecksum: CRC32C.checksum(chain.bytes))
        }
    }

    /// Ascending; the last one is the one that counts now.
    package private(set) var cuts: [Cut]

    package var last: Cut? { cuts.last }

    /// The expiry by which this position went.
    func cut(of position: Position) -> Cut? { cuts.first { $0.through >= position } }

    init(_ cuts: [Cut] = []) { self.cuts = cuts }

    mutating func add(_ cut: Cut) {
        cuts.removeAll { $0.through >= cut.through }
        cuts.append(cut)
    }
}

extension Expiries {
    var bytes: [UInt8] {
        var bytes = [UInt8]()
        for cut in cuts {
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("through")
            writer.value(cut.through.rawValue)
            writer.key("recorded")
            writer.value(cut.recorded.iso8601)
            writer.key("event")
            writer.value(cut.event.rawValue)
            writer.key("policy")
            writer.value(cut.policy)
            writer.key("chain")
            writer.value(cut.chain.hex)
            writer.endObject()
            bytes += writer.bytes + [0x0A]
        }
        let checksum = withUnsafeBytes(of: CRC32C.checksum(bytes).bigEndian) {
            String(decoding: Array($0).hexadecimal, as: UTF8.self)
        }
        return bytes + Array("{\"crc32c\":\"\(checksum)\"}\n".utf8)
    }

    /// - Returns: `nil` if the bytes are not what was written.
    init?(parsing bytes: [UInt8]) {
        cuts = []
        for line in bytes.split(separator: 0x0A).dropLast() {
            let line = Array(line)
            guard (try? JSON.validate(line)) == .object,
                let cut = line.withUnsafeBytes({ Cut(JSONView(validated: $0)) })
            else { return nil }  // try?: what is no JSON was not written by us
            cuts.append(cut)
        }
        guard self.bytes == bytes else { return nil }
    }

    static func load(
        _ layout: StoreLayout, _ fileSystem: any FileSystem
    ) throws(LogError) -> Expiries {
        guard let bytes = try fileSystem.contents(of: layout.expired) else { return Expiries() }
        guard let expiries = Expiries(parsing: bytes) else {
            throw LogError(
                .damaged,
                "\(layout.expired) is damaged: what has expired cannot be told from what was "
                    + "lost. Restore the file from a backup.")
        }
        return expiries
    }

    func save(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        try LogError.unifying {
            try fileSystem.replaceFile(
                layout.expired, with: bytes, temporary: layout.temporaryFile("EXPIRED"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }
}

extension Expiries.Cut {
    fileprivate init?(_ view: JSONView) {
        guard let through = view["through"]?.integer().flatMap(UInt64.init(exactly:)),
            let event = view["event"]?.integer().flatMap(UInt64.init(exactly:)),
            let recorded = view["recorded"]?.text().flatMap({ Timestamp(iso8601: $0) }),
            let policy = view["policy"]?.string(),
            let chain = view["chain"]?.string().flatMap({ Digest256(hex: $0) })
        else { return nil }
        self.init(
            through: Position(through), recorded: recorded, event: Position(event), policy: policy,
            chain: chain)
    }
}
