package import TachoJSON

/// The file `EXPIRED`: up to where the log was let go of, when, and by which policy.
///
/// One JSON object a line, one for each expiry in order of position, and a CRC-32C of all bytes
/// before the last line. Replaced by rename, before the manifest that names the empty segment in
/// the place of what was there.
///
/// ```
/// {"through":65536,"recorded":"2025-12-18T10:00:00.091Z","event":70001,"policy":"older than 90d","chain":"9f3a…"}
/// {"through":90112,"recorded":"…","event":90200,"policy":"otel.* older than 30d","chain":"…","types":["otel.*"],"first":65540,"last":90001}
/// {"crc32c":"1c291ca3"}
/// ```
///
/// One with `types` is of these events only: of theirs, those from `first` to `last` have left their
/// position and their leaf in their segments, and `through` is where the tables were kept.
package struct Expiries: Equatable, Sendable {
    /// One expiry.
    package struct Cut: Equatable, Sendable {
        /// Everything up to here is gone; of `types` what is up to `last`, and here is where the
        /// tables were kept.
        package let through: Position
        /// Of the last event that is gone, by the store's clock.
        package let recorded: Timestamp
        /// Where the event `tacho.expired` stands that tells of it.
        package let event: Position
        package let policy: String
        /// The chain's head there, with which the log begins now.
        package let chain: Digest256
        /// Empty is all of them.
        package let types: [TypePattern]
        /// Of the first and the last event that is gone.
        package let first: Position
        package let last: Position

        package init(
            through: Position, recorded: Timestamp, event: Position, policy: String,
            chain: Digest256, types: [TypePattern] = [], first: Position? = nil,
            last: Position? = nil
        ) {
            self.types = types
            self.first = first ?? .first
            self.last = last ?? through
            self.through = through
            self.recorded = recorded
            self.event = event
            self.policy = policy
            self.chain = chain
        }

        /// What a reader is told who asks for what is gone.
        package var error: LogError {
            guard types.isEmpty else {
                let names = types.map(\.description).joined(separator: ", ")
                return LogError(
                    .expired,
                    "events of the type \(names) from position \(first) to \(last) are not there any "
                        + "more: expired by event \(event) (policy: \(policy)). Tables as they are "
                        + "now still count them.")
            }
            return LogError(
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

    /// In the order of their events.
    package private(set) var cuts: [Cut]

    /// Of those that took everything, the one that counts now.
    package var last: Cut? { cuts.last { $0.types.isEmpty } }

    /// Those of some types.
    package var ofTypes: [Cut] { cuts.filter { !$0.types.isEmpty } }

    /// Up to where folds of these types begin with tables that were kept.
    package func current(for inputs: [TypePattern]) -> [Cut] {
        [last].compactMap(\.self) + ofTypes.filter { $0.concerns(inputs) }
    }

    /// The expiry by which this position went with all others before it.
    package func cut(of position: Position) -> Cut? {
        cuts.first { $0.types.isEmpty && $0.through >= position }
    }

    package init(_ cuts: [Cut] = []) { self.cuts = cuts }

    mutating func add(_ cut: Cut) {
        cuts.removeAll { other in
            if other.event == cut.event { return true }
            return cut.types.isEmpty && other.through >= cut.through && other.types.isEmpty
                || cut.types.isEmpty && other.last <= cut.through && !other.types.isEmpty
        }
        cuts.append(cut)
    }
}

extension Expiries.Cut {
    /// Whether events of any of these types may have gone by it; none given is all.
    package func concerns(_ inputs: [TypePattern]) -> Bool {
        types.isEmpty || inputs.isEmpty
            || inputs.contains { input in
                // The store's own history stays, whatever pattern takes it in.
                !input.text.hasPrefix("tacho.") && types.contains { $0.overlaps(input) }
            }
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
            if !cut.types.isEmpty {
                writer.key("types")
                writer.beginArray()
                for type in cut.types { writer.value(type.description) }
                writer.endArray()
                writer.key("first")
                writer.value(cut.first.rawValue)
                writer.key("last")
                writer.value(cut.last.rawValue)
            }
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
        guard let event = view["event"]?.integer().flatMap(UInt64.init(exactly:)),
            let recorded = view["recorded"]?.text().flatMap({ Timestamp(iso8601: $0) })
        else { return nil }
        self.init(view, recorded: recorded, event: Position(event))
    }

    /// What the file and the event have in common.
    package init?(_ view: JSONView, recorded: Timestamp, event: Position) {
        func position(_ key: StaticString) -> Position? {
            view[key]?.integer().flatMap(UInt64.init(exactly:)).map { Position($0) }
        }
        guard let through = position("through"), let policy = view["policy"]?.string(),
            let chain = view["chain"]?.string().flatMap({ Digest256(hex: $0) })
        else { return nil }
        var types = [TypePattern]()
        view["types"]?.forEachElement { element in
            if let type = element.text() { types.append(TypePattern(ByteString(type))) }
            return true
        }
        let (first, last) = (position("first"), position("last"))
        guard types.isEmpty || first != nil && last != nil else { return nil }
        self.init(
            through: through, recorded: recorded, event: event, policy: policy, chain: chain,
            types: types, first: types.isEmpty ? nil : first, last: types.isEmpty ? nil : last)
    }
}
