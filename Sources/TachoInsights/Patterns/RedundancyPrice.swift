import TachoLog

/// What a session's tokens and requests cost, to price what was for nothing.
///
/// A result that is read again is written to the cache once (cache write, else input); one that is
/// carried is read from it by every later request (cache read, else input); a request for nothing
/// costs what the session's requests cost on average. Prices are of the session's most used model.
package struct RedundancyPrice: Sendable {
    private struct Session: Sendable {
        var cost: Int128 = 0
        /// A run's result is the sum of its requests, and none itself.
        var requestCount = 0
        var uses: [ByteString: Int] = [:]
        var models: [ByteString] = []
        var last: Timestamp?
    }

    private var sessions: [String: Session] = [:]
    private let book: PriceBook

    package init(_ usages: [ModelUsage], _ book: PriceBook) {
        self.book = book
        let report = CostReport(usages, by: .session, prices: .tacho(book))
        for group in report.groups {
            guard let key = group.key else { continue }
            sessions[key.description, default: Session()].cost = group.sum.cost
        }
        for usage in usages {
            guard let session = usage.session, let model = usage.model else { continue }
            let key = session.description
            if sessions[key]?.uses[model] == nil { sessions[key]?.models.append(model) }
            sessions[key]?.uses[model, default: 0] += 1
            if !usage.isResult { sessions[key]?.requestCount += 1 }
            sessions[key]?.last = usage.occurred ?? usage.recorded
        }
    }

    /// Pico-dollars; `nil` where no price of the session's model is known.
    package func price(of finding: Redundancy.Finding) -> Int64? {
        guard let session = sessions[finding.session],
            let moment = finding.called ?? session.last,
            let model = session.models.max(by: {
                (session.uses[$0] ?? 0) < (session.uses[$1] ?? 0)
            }), let rates = book.price(model: model, provider: nil, at: moment)?.rates
        else { return nil }
        let write = rates.cacheWrite5m ?? rates.input
        let read = rates.cacheRead ?? rates.input
        guard let write, let read else { return nil }
        guard finding.kind == .carried || finding.kind == .reread || session.requestCount > 0 else {
            return nil
        }
        let request = session.cost / Int128(max(1, session.requestCount))
        let price: Int128 =
            switch finding.kind {
            case .carried: Int128(finding.carriedTokens) * Int128(read)
            case .reread, .repeatedFailure, .revertedEdit:
                Int128(finding.tokens) * Int128(write) + request * Int128(finding.requests)
            }
        return Int64(clamping: price)
    }
}
