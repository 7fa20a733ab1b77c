import TachoProjections

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which earlier prompts are most like a text: Okapi BM25.
///
///     score = Σ over the text's words: idf · f · (k + 1) ÷ (f + k · (1 − b + b · length ÷ mean length))
///     idf = ln(1 + (N − n + 0.5) ÷ (n + 0.5)),  k = 1.2, b = 0.75
///
/// Words are runs of letters and digits in lower case, and two that stand beside each other are one
/// more: `login form` says more than both apart. A rare word counts for much, a word that all
/// prompts have for nearly nothing: that is what Jaccard's index of the reference lacks.
///
/// Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework".
package struct PromptRanking: Sendable {
    package struct Match: Sendable {
        /// Of the prompt.
        package let index: Int
        package let score: Double
    }

    private var postings: [String: [(prompt: Int, count: Int)]] = [:]
    private var lengths: [Int] = []
    private var meanLength = 0.0

    package init(_ prompts: [String]) {
        for (index, prompt) in prompts.enumerated() {
            let words = Self.terms(prompt)
            lengths.append(words.count)
            var counts: [String: Int] = [:]
            for word in words { counts[word, default: 0] += 1 }
            for (word, count) in counts { postings[word, default: []].append((index, count)) }
        }
        meanLength = Double(lengths.reduce(0, +)) / Double(max(1, lengths.count))
    }

    package static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    }

    /// Words, then pairs of words.
    private static func terms(_ text: String) -> [String] {
        let words = words(text)
        return words + zip(words, words.dropFirst()).map { "\($0) \($1)" }
    }

    /// The best first, those before others of the same score; none without a common word.
    package func matches(
        for text: String, limit: Int, where isWanted: (Int) -> Bool = { _ in true }
    ) -> [Match] {
        var scores: [Int: Double] = [:]
        // In the order of the text: a sum of numbers depends on it.
        var seen = Set<String>()
        for word in Self.terms(text) where seen.insert(word).inserted {
            guard let found = postings[word] else { continue }
            let (all, having) = (Double(lengths.count), Double(found.count))
            let weight = log(1 + (all - having + 0.5) / (having + 0.5))
            for (prompt, count) in found where isWanted(prompt) {
                let relative = Double(lengths[prompt]) / max(1, meanLength)
                let frequency = Double(count)
                scores[prompt, default: 0] +=
                    weight * frequency * 2.2 / (frequency + 1.2 * (0.25 + 0.75 * relative))
            }
        }
        let ranked = scores.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return ranked.prefix(limit).map { Match(index: $0.key, score: $0.value) }
    }
}
