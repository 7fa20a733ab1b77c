import TachoLog

/// The terms of a cost, each by itself or added up where model, price, and kind are the same.
package enum Explanation {
    package struct Term: Sendable {
        package let kind: TokenKind
        package let price: ModelPrice?
        /// Pico-dollars a token.
        package let rate: Int64?
        package fileprivate(set) var count: Int128
        /// At least one.
        package fileprivate(set) var usages: [ModelUsage]
        /// What is special about the price.
        package let note: String?

        /// Pico-dollars; the sum of the amounts, because the rate is the same.
        package var amount: Int128? { rate.map { count * Int128($0) } }
    }

    package static func terms(_ priced: [PricedUsage], isEach: Bool) -> [Term] {
        var terms: [Term] = []
        var indexByKey: [Key: Int] = [:]
        for one in priced {
            for term in one.terms {
                let note = note(one)
                let key = Key(
                    model: one.usage.model, price: one.price?.id, kind: term.kind,
                    rate: term.rate, note: note)
                if !isEach, let index = indexByKey[key] {
                    terms[index].count += Int128(term.count)
                    terms[index].usages.append(one.usage)
                    continue
                }
                indexByKey[key] = terms.count
                terms.append(
                    Term(
                        kind: term.kind, price: one.price, rate: term.rate,
                        count: Int128(term.count), usages: [one.usage], note: note))
            }
        }
        return terms
    }

    private struct Key: Hashable {
        let model: ByteString?
        let price: String?
        let kind: TokenKind
        let rate: Int64?
        let note: String?
    }

    private static func note(_ one: PricedUsage) -> String? {
        var notes: [String] = []
        if one.isLong { notes.append("long") }
        if one.usage.isFast { notes.append("fast") }
        if let tier = one.usage.serviceTier, tier == "batch" || one.price?.service(tier) != nil {
            notes.append(tier.description)
        }
        if let gap = one.gap { notes.append(gap.description) }
        return notes.isEmpty ? nil : notes.joined(separator: ", ")
    }
}
