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
        for match in matches {
            countByKind[match.kind, default: 0] += 1
            guard findings.count < Self.findingLimit else { continue }
            findings.append(
                Finding(kind: match.kind, place: place(), offset: match.range.lowerBound))
        }
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
}
