package import TachoEvents
import TachoJSON
package import TachoLog

/// Folds `price.set` into the prices of models, one row a price and the moment it holds from.
///
/// A price is never changed by a later one: that has a row of its own, from its own moment on. An
/// event for the same provider, model, and moment corrects the row, and says all of it.
///
/// Source: ecosystem §3.5.
package struct PricesProjector: Projector {
    package static let version = 3
    /// Version 2, of the same columns, read no stamps without seconds and no bare days.
    package static let continuedVersions = [2]
    package static let inputs: [TypePattern] = ["price.set"]

    package enum Column: Int, ColumnHandle, CaseIterable {
        case priceID
        case provider
        case model
        case validFrom
        case input
        case output
        case cacheWrite5m
        case cacheWrite1h
        case cacheRead
        case thresholdTokens
        case longInput
        case longOutput
        case longCacheWrite5m
        case longCacheWrite1h
        case longCacheRead
        case batchMultiplier
        case fastMultiplier
        case webSearch
        case reasoningOutput
        case longTiers
        case serviceTiers
        case source
        case retrievedAt
    }

    package static let schema = TableSchema(
        name: "prices", key: "price_id",
        summary: "What models cost, one row a price and the moment it holds from.",
        columns: [
            ColumnDefinition("price_id", .text, summary: "provider/model/valid_from."),
            ColumnDefinition("provider", .text, summary: "Who sells it; unknown is anybody."),
            ColumnDefinition(
                "model", .text, isIndexed: true,
                summary: "The model; one without a date is the price of all its dates."),
            ColumnDefinition(
                "valid_from", .timestamp,
                summary: "From when on it holds; unknown is from the beginning."),
            ColumnDefinition("input", .money, summary: "Dollars a token of input."),
            ColumnDefinition("output", .money, summary: "Dollars a token of output."),
            ColumnDefinition(
                "cache_write_5m", .money, summary: "Dollars a token cached for 5 minutes."),
            ColumnDefinition(
                "cache_write_1h", .money, summary: "Dollars a token cached for an hour."),
            ColumnDefinition(
                "cache_read", .money, summary: "Dollars a token read from a cache."),
            ColumnDefinition(
                "threshold_tokens", .integer,
                summary: "Tokens of a prompt, with its cache, above which the long prices hold."),
            ColumnDefinition(
                "long_input", .money, summary: "Dollars a token of input in a long request."),
            ColumnDefinition(
                "long_output", .money, summary: "Dollars a token of output in a long request."),
            ColumnDefinition(
                "long_cache_write_5m", .money,
                summary: "Dollars a token cached for 5 minutes in a long request."),
            ColumnDefinition(
                "long_cache_write_1h", .money,
                summary: "Dollars a token cached for an hour in a long request."),
            ColumnDefinition(
                "long_cache_read", .money,
                summary: "Dollars a token read from a cache in a long request."),
            ColumnDefinition(
                "batch_multiplier", .text,
                summary: "What all token prices are multiplied by in a batch, in decimal."),
            ColumnDefinition(
                "fast_multiplier", .text,
                summary: "What all token prices are multiplied by at speed fast, in decimal."),
            ColumnDefinition(
                "web_search", .money, summary: "Dollars a search the provider makes."),
            ColumnDefinition(
                "reasoning_output", .money,
                summary: "Dollars a token that was reasoned, where it is another price."),
            ColumnDefinition(
                "long_tiers", .json,
                summary: "Prices above further thresholds: above_tokens, and those that differ."),
            ColumnDefinition(
                "service_tiers", .json,
                summary: "Prices of other services by name (batch, flex, priority), as here."),
            ColumnDefinition("source", .text, summary: "Where the price was read."),
            ColumnDefinition("retrieved_at", .timestamp, summary: "When it was read there."),
        ])

    private static let names = MemberNames<Column>(schema, aliases: ["threshold": .thresholdTokens])
    private static let amounts: [Column] = [
        .input, .output, .cacheWrite5m, .cacheWrite1h, .cacheRead, .longInput, .longOutput,
        .longCacheWrite5m, .longCacheWrite1h, .longCacheRead, .webSearch, .reasoningOutput,
    ]

    package init() {}

    package mutating func apply(
        _ event: Event, to table: inout Table
    ) throws(ProjectionError) {
        let members = RecordedMembers(event.data, named: Self.names)
        let model = try members.key(.model, Self.schema)
        let validFrom = members[.validFrom]?.moment
        // Taken as unknown it would hold for all the past.
        if members[.validFrom] != nil, validFrom == nil { throw .unexpected("valid_from") }
        let provider = members[.provider]?.text() ?? []
        let key = UsageKey.make([
            provider, model.bytes, validFrom.map { Array($0.iso8601) } ?? [],
        ])
        let (row, isNew) = table.rowToChange(key, at: event)
        if isNew {
            table.set(Column.model, of: row, text: model)
            table.set(Column.validFrom, of: row, timestamp: validFrom)
            if !provider.isEmpty { table.set(Column.provider, of: row, text: provider) }
        }
        for column in Self.amounts {
            let amount = members[column].flatMap { PicoDollars.parse($0) }
            table.set(column, of: row, money: amount.flatMap { $0 < 0 ? nil : $0 })
        }
        let threshold = members[.thresholdTokens]?.integerLenient()
        table.set(
            Column.thresholdTokens, of: row, integer: threshold.flatMap { $0 < 0 ? nil : $0 })
        for column in [Column.batchMultiplier, .fastMultiplier] {
            let isKnown = members[column].flatMap { PicoDollars.parse($0) }.map { $0 >= 0 } ?? false
            let text = members[column].flatMap { $0.text() ?? $0.number.map { Array($0) } }
            if isKnown, let text {
                table.set(column, of: row, text: text)
            } else {
                table.setUnknown(column, of: row)
            }
        }
        for (column, kind) in [(Column.longTiers, JSONKind.array), (.serviceTiers, .object)] {
            if let tiers = members[column], tiers.kind == kind {
                table.set(column, of: row, json: tiers)
            } else {
                table.setUnknown(column, of: row)
            }
        }
        table.set(Column.source, of: row, text: members[.source])
        table.set(Column.retrievedAt, of: row, timestamp: members[.retrievedAt]?.moment)
    }
}
