import TachoInsights
import Testing

struct PromptRankingTests {
    private let prompts = [
        "add a login form to the client", "fix the login on the server", "the the the the",
        "write the docs", "",
    ]

    @Test func `a rare word counts more than a common one`() {
        let matches = PromptRanking(prompts).matches(for: "the login", limit: 9)

        #expect(Set(matches.prefix(2).map(\.index)) == [0, 1])
        #expect(matches.allSatisfy { $0.score > 0 })
    }

    @Test func `nothing in common is no match, and a prompt can be left out`() {
        let ranking = PromptRanking(prompts)

        #expect(ranking.matches(for: "zebra", limit: 9).isEmpty)
        #expect(ranking.matches(for: "", limit: 9).isEmpty)
        #expect(ranking.matches(for: prompts[0], limit: 1) { $0 != 0 }.first?.index == 1)
        #expect(PromptRanking([]).matches(for: "a", limit: 9).isEmpty)
    }
}
