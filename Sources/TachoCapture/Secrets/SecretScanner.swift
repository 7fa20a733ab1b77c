/// What a secret is, by its shape.
package enum SecretKind: String, Sendable, CaseIterable {
    case awsKey = "aws-key"
    case githubToken = "github-token"
    case anthropicKey = "anthropic-key"
    case openAIKey = "openai-key"
    case slackToken = "slack-token"
    case googleKey = "google-key"
    case privateKey = "private-key"
    case webToken = "jwt"
    case bearerToken = "bearer-token"
    case urlPassword = "url-password"
}

/// A secret in a text.
package struct SecretMatch: Hashable, Sendable {
    package let kind: SecretKind
    /// Of its bytes, without what only introduces it.
    package let range: Range<Int>
}

/// Finds secrets in JSON by their well-known shapes, in one pass over its bytes.
///
/// Every shape has a pair of letters in it that is rare elsewhere; only where such a pair stands is
/// anything compared. The bytes are not unescaped: the shapes are of characters that JSON writes as
/// they are (`\/` and, in key blocks, `\n` are known). What somebody hides behind other escapes, or
/// what has no shape of its own, is not found.
///
/// A match never begins or ends inside of an escape, and holds no quote: what is put in its place
/// leaves the JSON valid.
package enum SecretScanner {
    /// The secrets in a valid JSON text, in order and without overlaps.
    ///
    /// - Complexity: O(`json.count`).
    package static func scan(_ json: UnsafeRawBufferPointer) -> [SecretMatch] {
        guard let base = json.baseAddress, json.count > 1 else { return [] }
        var matches: [SecretMatch] = []
        let text = SecretText(bytes: json)
        pairs.withUnsafeBufferPointer { pairs in
            guard let pairs = pairs.baseAddress else { return }
            let bytes = base.assumingMemoryBound(to: UInt8.self)
            var index = 1
            var previous = Int(bytes[0])
            // The hot loop: one look into a table for each byte. `pairs` has an entry for all
            // 65,536 pairs, and `index` is below the count.
            while index < json.count {
                let byte = Int(bytes[index])
                if pairs[previous << 8 | byte] != 0,
                    let match = text.match(pairEndingAt: index),
                    match.range.lowerBound >= matches.last?.range.upperBound ?? 0
                {
                    matches.append(match)
                    index = max(index + 1, match.range.upperBound)
                    guard index < json.count else { return }
                    previous = Int(bytes[index - 1])
                    continue
                }
                previous = byte
                index &+= 1
            }
        }
        return matches
    }

    package static func scan(_ json: [UInt8]) -> [SecretMatch] {
        json.withUnsafeBytes { scan($0) }
    }

    /// The text with `[redacted:<kind>]` in the place of each secret.
    package static func redacted(_ json: [UInt8], _ matches: [SecretMatch]) -> [UInt8] {
        guard !matches.isEmpty else { return json }
        var result: [UInt8] = []
        result.reserveCapacity(json.count + 32 * matches.count)
        var end = 0
        for match in matches {
            result += json[end..<match.range.lowerBound]
            result += "[redacted:\(match.kind.rawValue)]".utf8
            end = match.range.upperBound
        }
        return result + json[end...]
    }

    /// Not 0 for the pairs with which something is compared.
    private static let pairs: [UInt8] = {
        var pairs = [UInt8](repeating: 0, count: 1 << 16)
        for pair in ["IA", "gh", "b_", "k-", "xo", "Iz", "-B", "yJ", "Be", "be", "//", "\\/"] {
            let bytes = Array(pair.utf8)
            pairs[Int(bytes[0]) << 8 | Int(bytes[1])] = 1
        }
        return pairs
    }()
}
