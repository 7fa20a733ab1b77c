package import TachoLog

/// What becomes of secrets in what is taken in.
package enum SecretMode: String, Sendable, CaseIterable {
    /// Nothing is looked at.
    case off
    /// Found and reported; the data stays as it is.
    case mark
    /// Replaced by `[redacted:<kind>]`, and reported.
    case redact

    /// By the variable `TACHO_SECRETS`; off if it says nothing known.
    ///
    /// A word that is not known looks for secrets: whoever sets the variable wants that.
    package static var ofEnvironment: SecretMode {
        guard let text = StoreDirectory.environment("TACHO_SECRETS") else { return .off }
        return SecretMode(rawValue: text) ?? .mark
    }
}

/// The secrets that were found, and where.
package struct SecretReport: Hashable, Sendable {
    /// How many of each kind.
    package private(set) var countByKind: [SecretKind: Int] = [:]
    /// The first ones.
    package private(set) var findings: [Finding] = []

    package struct Finding: Hashable, Sendable {
        package let kind: SecretKind
        /// The file and its record, or the line.
        package let place: String
        /// In the event's data as it was given.
        package let offset: Int

        package init(kind: SecretKind, place: String, offset: Int) {
            self.kind = kind
            self.place = place
            self.offset = offset
        }
    }

    package static let findingLimit = 100

    package init() {}

    package var count: Int { countByKind.values.reduce(0, +) }

    /// Kinds with their counts, in the order of their declaration.
    package var counts: [(kind: SecretKind, count: Int)] {
        SecretKind.allCases.compactMap { kind in countByKind[kind].map { (kind, $0) } }
    }

    /// Adds what was found elsewhere, behind what was found here.
    package mutating func add(_ other: SecretReport) {
        for (kind, count) in other.counts { countByKind[kind, default: 0] += count }
        findings += other.findings.prefix(max(0, Self.findingLimit - findings.count))
    }

    /// Looks at an event's data, and redacts it if that is the mode.
    ///
    /// - Parameters:
    ///   - event: Of valid data.
    ///   - mode: What to do.
    ///   - place: Where the event comes from; asked only if there is something to say.
    package mutating func inspect(
        _ event: inout NewEvent, _ mode: SecretMode, place: () -> String
    ) {
        guard mode != .off else { return }
        let matches = SecretScanner.scan(event.data)
        guard !matches.isEmpty else { return }
        note(matches, place)
        guard mode == .redact else { return }
        let redacted = SecretScanner.redacted(event.data, matches)
        if redacted.count <= NewEvent.maximumDataByteCount {
            event.data = redacted
        } else {
            // No room for words; the secret goes all the same.
            for match in matches {
                for index in match.range { event.data[index] = UInt8(ascii: "*") }
            }
        }
    }

    /// Looks at the bytes of a record that is kept aside, and redacts them if that is the mode.
    ///
    /// Its digest stays the one of the bytes as they were: by it a record is known again. Of a
    /// record that was cut, the last word goes too when secrets are redacted: it may be the beginning
    /// of one that is no more to be told by its shape.
    ///
    /// - Parameters:
    ///   - record: Bytes of any kind.
    ///   - mode: What to do.
    ///   - place: As for ``inspect(_:_:place:)-(NewEvent,_,_)``.
    package mutating func inspect(
        _ record: inout RejectedRecord, _ mode: SecretMode, place: () -> String
    ) {
        guard mode != .off else { return }
        let matches = SecretScanner.scan(record.excerpt)
        note(matches, place)
        guard mode == .redact else { return }
        if record.byteCount > record.excerpt.count { record.dropLastWord(above: matches.last) }
        record.redact(matches)
    }

    private mutating func note(_ matches: [SecretMatch], _ place: () -> String) {
        for match in matches {
            countByKind[match.kind, default: 0] += 1
            guard findings.count < Self.findingLimit else { continue }
            findings.append(
                Finding(kind: match.kind, place: place(), offset: match.range.lowerBound))
        }
    }
}

extension RejectedRecord {
    /// No secret of a known shape, but a block of a key, is longer.
    private static let maximumWordByteCount = 4096

    /// Takes away what stands behind the last blank, quote, or secret.
    fileprivate mutating func dropLastWord(above last: SecretMatch?) {
        let floor = max(
            last?.range.upperBound ?? 0, excerpt.count - Self.maximumWordByteCount)
        var end = excerpt.count
        while end > floor, !Self.endsWord(excerpt[end - 1]) { end -= 1 }
        excerpt.removeLast(excerpt.count - end)
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "\"")
    }

    fileprivate mutating func redact(_ matches: [SecretMatch]) {
        excerpt = SecretScanner.redacted(excerpt, matches)
    }
}
