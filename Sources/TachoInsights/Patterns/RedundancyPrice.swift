import TachoLog

/// What a finding cost, by what its session's tokens and requests cost.
///
/// A result that is read again is written to the cache once (cache write, else input); one that is
/// carried is read from it by every later request (cache read, else input); a request for nothing
/// costs what the session's requests cost on average. Prices are of the session's most used model.
struct RedundancyPrice: Sendable {
    private let costs: SessionCosts

    init(_ costs: SessionCosts) {
        self.costs = costs
    }

    /// Pico-dollars; `nil` where no price of the session's model is known.
    func price(of finding: Redundancy.Finding) -> Int64? {
        guard let session = costs[finding.session], let moment = finding.called ?? session.last,
            let model = costs.model(of: session),
            let rates = costs.book.price(model: model, provider: nil, at: moment)?.rates,
            let write = rates.cacheWrite5m ?? rates.input, let read = rates.cacheRead ?? rates.input
        else { return nil }
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
