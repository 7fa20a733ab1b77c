package import TachoLog
package import TachoProjections

/// The prices known at one position: those of events, and the embedded ones.
package struct PriceBook: Sendable {
    /// Of events, in the table's order.
    package let recorded: [ModelPrice]
    package let embedded: [ModelPrice]
    private let recordedByModel: [ByteString: [ModelPrice]]
    private let embeddedByModel: [ByteString: [ModelPrice]]

    package init(recorded: [ModelPrice] = [], embedded: [ModelPrice] = EmbeddedPrices.all) {
        self.recorded = recorded
        self.embedded = embedded
        recordedByModel = Dictionary(grouping: recorded, by: \.model)
        embeddedByModel = Dictionary(grouping: embedded, by: \.model)
    }

    /// - Parameter table: The table `prices`.
    package init(_ table: Table) {
        self.init(recorded: (0..<table.rowCount).map { ModelPrice(table, $0) })
    }

    /// Events first, each model's by the moment from which it holds.
    package var all: [ModelPrice] {
        (recorded + embedded).enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            if one.model != other.model { return one.model < other.model }
            if one.validFrom != other.validFrom { return Self.isEarlier(one, other) }
            return left.offset < right.offset
        }.map(\.element)
    }

    /// The price of a model at a moment.
    ///
    /// A model is looked for by its whole name, then without what stands in brackets behind it
    /// (`[1m]`), then without a date (`-20251101`, `@20251101`), then with a Claude's version as its
    /// maker writes it (`claude-sonnet-4-6` for Copilot's `claude-sonnet-4.6`), then all of that
    /// without its maker's name in front (`openai/`). A price that an event says comes
    /// before an embedded one, the provider's own before another's, and of several the one that
    /// holds since last.
    package func price(
        model: ByteString, provider: ByteString?, at moment: Timestamp
    ) -> ModelPrice? {
        let names = Self.names(of: model)
        for prices in [recordedByModel, embeddedByModel] {
            for name in names {
                let valid = (prices[name] ?? []).filter {
                    $0.validFrom.map { $0 <= moment } ?? true
                }
                if let price = Self.latest(valid.filter { $0.provider == provider })
                    ?? Self.latest(valid)
                {
                    return price
                }
            }
        }
        return nil
    }

    private static func latest(_ prices: [ModelPrice]) -> ModelPrice? {
        // The later in the table of two that hold since the same moment.
        prices.reduce(nil) { best, price in
            guard let best else { return price }
            return isEarlier(price, best) ? best : price
        }
    }

    private static func isEarlier(_ left: ModelPrice, _ right: ModelPrice) -> Bool {
        guard let from = right.validFrom else { return false }
        return left.validFrom.map { $0 < from } ?? true
    }

    /// The names a model's price may stand under, the most exact first.
    static func names(of model: ByteString) -> [ByteString] {
        var names = [model]
        var name = model.bytes
        if name.last == UInt8(ascii: "]"), let start = name.lastIndex(of: UInt8(ascii: "[")) {
            name.removeSubrange(start...)
            names.append(ByteString(name))
        }
        let date = name.suffix(9)
        if date.count == 9, date.dropFirst().allSatisfy({ $0 &- 0x30 < 10 }),
            date.first == UInt8(ascii: "-") || date.first == UInt8(ascii: "@")
        {
            names.append(ByteString(Array(name.dropLast(9))))
        }
        if model.bytes.starts(with: "claude-".utf8), model.bytes.contains(UInt8(ascii: ".")) {
            names += names.map { name in
                ByteString(name.bytes.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "-") : $0 })
            }
        }
        for prefix in makers where model.bytes.starts(with: prefix.bytes) {
            names += Self.names(of: ByteString(Array(model.bytes.dropFirst(prefix.bytes.count))))
        }
        return names
    }

    /// Who made the model, as some agents put it in front of its name.
    ///
    /// Those who sell models of others are not among them: their prices are their own.
    private static let makers: [ByteString] = ["anthropic/", "gemini/", "google/", "openai/"]
}
