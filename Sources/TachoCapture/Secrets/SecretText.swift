/// A text in which the shapes of secrets are compared.
///
/// Every index is checked against the bytes' count.
struct SecretText {
    let bytes: UnsafeRawBufferPointer

    /// What lies around a pair of ``SecretScanner``, if it is a secret.
    ///
    /// - Parameter index: Of the pair's second byte.
    /// - Returns: `nil` if nothing around it has one of the shapes.
    func match(pairEndingAt index: Int) -> SecretMatch? {
        switch bytes[index] {
        case UInt8(ascii: "A"): awsKey(at: index - 3)
        case UInt8(ascii: "h"): githubToken(at: index - 1)
        case UInt8(ascii: "_"): githubFineToken(at: index - 6)
        case UInt8(ascii: "o"): slackToken(at: index - 1)
        case UInt8(ascii: "z"): googleKey(at: index - 2)
        case UInt8(ascii: "B"): privateKey(at: index - 5)
        case UInt8(ascii: "J"): webToken(at: index - 2)
        case UInt8(ascii: "e"): bearerToken(at: index - 1)
        case UInt8(ascii: "-"): secretKey(at: index - 2)
        case UInt8(ascii: "/"): urlPassword(slashAt: index)
        default: nil
        }
    }

    // MARK: Keys

    /// `AKIA` or `ASIA`, and 16 more.
    private func awsKey(at start: Int) -> SecretMatch? {
        guard has("AKIA", at: start) || has("ASIA", at: start), isBeginning(start) else {
            return nil
        }
        let end = run(from: start + 4) { Self.isUppercaseOrDigit($0) }
        guard end == start + 20, isEnd(end) else { return nil }
        return SecretMatch(kind: .awsKey, range: start..<end)
    }

    /// `ghp_`, `gho_`, `ghu_`, `ghs_`, `ghr_`, and 36 more at least.
    private func githubToken(at start: Int) -> SecretMatch? {
        guard start + 3 < bytes.count, "pousr".utf8.contains(bytes[start + 2]),
            bytes[start + 3] == UInt8(ascii: "_"), isBeginning(start)
        else { return nil }
        let end = run(from: start + 4) { $0.isASCIIAlphanumeric }
        guard (36...255).contains(end - start - 4) else { return nil }
        return SecretMatch(kind: .githubToken, range: start..<end)
    }

    /// `github_pat_` and 22 more at least.
    private func githubFineToken(at start: Int) -> SecretMatch? {
        guard has("github_pat_", at: start), isBeginning(start) else { return nil }
        let end = run(from: start + 11) { $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "_") }
        guard (22...255).contains(end - start - 11) else { return nil }
        return SecretMatch(kind: .githubToken, range: start..<end)
    }

    /// `sk-ant-…`, `sk-proj-…`, and plain `sk-…`, which has to look like chance to be one.
    private func secretKey(at start: Int) -> SecretMatch? {
        guard has("sk-", at: start), isBeginning(start) else { return nil }
        for (prefix, kind) in [
            ("sk-ant-", SecretKind.anthropicKey), ("sk-proj-", .openAIKey),
            ("sk-svcacct-", .openAIKey), ("sk-admin-", .openAIKey),
        ] as [(StaticString, SecretKind)] where has(prefix, at: start) {
            let first = start + prefix.utf8CodeUnitCount
            let end = run(from: first) { Self.isURLSafe($0) }
            return end - first >= 20 ? SecretMatch(kind: kind, range: start..<end) : nil
        }
        let end = run(from: start + 3) { $0.isASCIIAlphanumeric }
        guard end - start - 3 >= 32, hasDigit(start + 3..<end), isEnd(end) else { return nil }
        return SecretMatch(kind: .openAIKey, range: start..<end)
    }

    /// `xoxb-…` and its kin.
    private func slackToken(at start: Int) -> SecretMatch? {
        guard has("xox", at: start), start + 4 < bytes.count,
            "abeoprs".utf8.contains(bytes[start + 3]), bytes[start + 4] == UInt8(ascii: "-"),
            isBeginning(start)
        else { return nil }
        let end = run(from: start + 5, limit: 128) {
            $0.isASCIIAlphanumeric || $0 == UInt8(ascii: "-")
        }
        guard end - start - 5 >= 10, hasDigit(start + 5..<end) else { return nil }
        return SecretMatch(kind: .slackToken, range: start..<end)
    }

    /// `AIza` and 35 more.
    private func googleKey(at start: Int) -> SecretMatch? {
        guard has("AIza", at: start), isBeginning(start) else { return nil }
        let end = run(from: start + 4, limit: 36) { Self.isURLSafe($0) }
        guard end == start + 39 else { return nil }
        return SecretMatch(kind: .googleKey, range: start..<end)
    }

    /// From `-----BEGIN … PRIVATE KEY-----` to the end of `-----END …-----`, or of the string.
    private func privateKey(at start: Int) -> SecretMatch? {
        guard has("-----BEGIN ", at: start) else { return nil }
        let word = run(from: start + 11) { Self.isUppercaseOrDigit($0) || $0 == 0x20 }
        guard has("PRIVATE KEY-----", at: word - 11) else { return nil }
        let first = word + 5
        var index = first
        // A block in a string of JSON: its line breaks are escapes.
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if has("-----END ", at: index) {
                let name = run(from: index + 9) { Self.isUppercaseOrDigit($0) || $0 == 0x20 }
                if has("-----", at: name) { index = name + 5 }
                break
            }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        let end = min(index, bytes.count)
        // The words alone, without a key behind them, are no secret.
        guard end - first >= 32 else { return nil }
        return SecretMatch(kind: .privateKey, range: start..<end)
    }

    // MARK: Tokens

    /// Three parts of base64url, of which two begin like an object.
    private func webToken(at start: Int) -> SecretMatch? {
        guard has("eyJ", at: start), isBeginning(start) else { return nil }
        let header = run(from: start, limit: 256) { Self.isURLSafe($0) }
        guard header - start >= 10, has(".eyJ", at: header) else { return nil }
        let claims = run(from: header + 1) { Self.isURLSafe($0) }
        guard claims - header >= 10, claims < bytes.count, bytes[claims] == UInt8(ascii: ".")
        else { return nil }
        let end = run(from: claims + 1) { Self.isURLSafe($0) }
        guard end - claims > 10 else { return nil }
        return SecretMatch(kind: .webToken, range: start..<end)
    }

    /// What stands behind `Bearer `.
    private func bearerToken(at start: Int) -> SecretMatch? {
        guard has("earer ", at: start + 1) else { return nil }
        let first = start + 7
        let end = run(from: first) { Self.isURLSafe($0) || "._~+/=".utf8.contains($0) }
        guard end - first >= 16, hasDigit(first..<end) else { return nil }
        // A better name, if it has one.
        let known = webToken(at: first) ?? secretKey(at: first) ?? githubToken(at: first)
        return known ?? SecretMatch(kind: .bearerToken, range: first..<end)
    }

    /// The password of `scheme://user:password@host`, also with `\/` for each slash.
    private func urlPassword(slashAt index: Int) -> SecretMatch? {
        let isEscaped = has(":\\/\\/", at: index - 4)
        guard isEscaped || has("://", at: index - 2) else { return nil }
        let user = index + 1
        let colon = run(from: user) { Self.isUserInfo($0) && $0 != UInt8(ascii: ":") }
        guard colon - user <= 256, colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else {
            return nil
        }
        let first = colon + 1
        let end = run(from: first) { Self.isUserInfo($0) }
        guard (1...256).contains(end - first), end < bytes.count,
            bytes[end] == UInt8(ascii: "@"),
            // A variable or something that was redacted before.
            !"${[*".utf8.contains(bytes[first])
        else { return nil }
        return SecretMatch(kind: .urlPassword, range: first..<end)
    }

    // MARK: Bytes

    private func has(_ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= 0, index + count <= bytes.count else { return false }
        return text.withUTF8Buffer { bytes[index..<index + count].elementsEqual($0) }
    }

    /// The end of the bytes from `start` on that are as they should be.
    ///
    /// `limit` is for runs in which the same shape can begin again and fail again: without it a
    /// hostile text would be read as often as it is long.
    private func run(
        from start: Int, limit: Int = .max, while isPart: (UInt8) -> Bool
    ) -> Int {
        let last = limit < bytes.count - start ? start + limit : bytes.count
        var index = start
        while index < last, isPart(bytes[index]) { index += 1 }
        return index
    }

    private func hasDigit(_ range: Range<Int>) -> Bool {
        bytes[range].contains { $0.isASCIIDigit }
    }

    /// Whether a word begins here: the byte before is none of a word, or ends an escape (`\n`).
    private func isBeginning(_ index: Int) -> Bool {
        guard index > 0 else { return index == 0 }
        let before = bytes[index - 1]
        guard before.isASCIIAlphanumeric || before == UInt8(ascii: "_") else { return true }
        guard index > 1, bytes[index - 2] == UInt8(ascii: "\\") else { return false }
        // An even number of backslashes are backslashes, and the letter is a letter.
        var count = 0
        while count < index - 1, bytes[index - 2 - count] == UInt8(ascii: "\\") { count += 1 }
        return count % 2 == 1
    }

    private func isEnd(_ index: Int) -> Bool {
        index >= bytes.count || !bytes[index].isASCIIAlphanumeric
    }

    private static func isUppercaseOrDigit(_ byte: UInt8) -> Bool {
        byte.isASCIIDigit || (0x41...0x5A).contains(byte)
    }

    private static func isURLSafe(_ byte: UInt8) -> Bool {
        byte.isASCIIAlphanumeric || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
    }

    /// What a user's name and password may be of, without what ends a URL or a string.
    private static func isUserInfo(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"/@\"\\<>?#`'()".utf8.contains(byte)
    }
}
