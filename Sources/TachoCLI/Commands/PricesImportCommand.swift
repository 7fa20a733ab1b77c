import ArgumentParser
import TachoInsights
import TachoJSON
import TachoLog
import TachoProjections

struct PricesImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Take in prices from LiteLLM's model_prices_and_context_window.json.",
        discussion: """
            A price that the log has already adds nothing. A new model's price holds for all times, \
            a changed one from now on, or from --valid-from; nothing is overwritten. Amounts are \
            read as they are written; those finer than a pico-dollar are rounded and counted. Taken \
            are prices of tokens, of long requests (every threshold), of batch, flex, and priority, \
            and of searches; prices of audio, images, and the like are named and left out.

            EXAMPLES
              tacho prices import model_prices_and_context_window.json --dry-run
              tacho prices import prices.json --model claude --valid-from 2026-02-01
            """)

    @Argument(help: "The file.", completion: .file(extensions: ["json"]))
    var file: String

    @Option(help: "Only models whose name holds this.")
    var model: String?

    @Option(help: "From when on prices hold that are not the log's. (default: now)")
    var validFrom: Moment?

    @Option(help: "Where the file is from, to be noted beside each price.")
    var source = "litellm"

    @Flag(name: .customLong("dry-run"), help: "Read and compare, and append nothing.")
    var isDryRun = false

    @OptionGroup var location: StoreLocation
    @OptionGroup var output: OutputOptions

    private static let fileByteLimit = 64 << 20
    private static let batchEventCount = 500

    func run() throws {
        let read = try readFile()
        let known = try knownPrices()
        let now = Timestamp.now.inMilliseconds
        var events: [NewEvent] = []
        var unchangedCount = 0
        for var price in read.prices where PriceListing.matches(price, model) {
            price.source = ByteString(source)
            price.retrievedAt = now
            switch known.change(to: price, from: validFrom?.first ?? now) {
            case .none: unchangedCount += 1
            case .holds(let validFrom):
                price.validFrom = validFrom
                events.append(price.event)
            }
        }
        var appendedCount = 0
        if !isDryRun, !events.isEmpty {
            var writer = try location.openWriter(creates: true, output.messages)
            for start in stride(from: 0, to: events.count, by: Self.batchEventCount) {
                let batch = Array(events[start..<min(events.count, start + Self.batchEventCount)])
                // An id by content that is there says the same, only read at another time.
                for case .appended in try writer.append(batch).outcomes { appendedCount += 1 }
            }
        }
        try print(read, new: events.count, appended: appendedCount, unchanged: unchangedCount)
    }

    private func readFile() throws -> LiteLLMPrices {
        guard let bytes = try RealFileSystem().contents(of: file, limit: Self.fileByteLimit) else {
            throw Failure(.usage, "there is no file \(file)")
        }
        do throws(JSONError) {
            guard try JSON.validate(bytes) == .object else {
                throw JSONError(.notAnObject, at: 0)
            }
        } catch {
            throw Failure(.badInput, "\(file) is not a JSON object of models: \(error)")
        }
        return bytes.withUnsafeBytes { LiteLLMPrices(JSONView(validated: $0)) }
    }

    /// A store that is not there yet knows nothing.
    private func knownPrices() throws -> PriceBook {
        do {
            let tables = try OpenTables(["prices"], in: location, output.messages)
            try tables.checkDamage()
            return PriceBook(try tables.table("prices"))
        } catch let error as LogError where error.code == .notFound {
            return PriceBook()
        }
    }

    private func print(
        _ read: LiteLLMPrices, new newCount: Int, appended appendedCount: Int,
        unchanged unchangedCount: Int
    ) throws(OutputError) {
        var sheet = FactSheet(schema: "tacho.prices-import/1")
        sheet.add("read", "prices read", .count(read.prices.count))
        sheet.add("skipped", "entries skipped", .count(read.skippedCount), note: "no token price")
        sheet.add("new", "new or changed", .count(newCount))
        sheet.add("unchanged", "there already", .count(unchangedCount))
        sheet.add(
            "appended", "appended", .count(appendedCount), note: isDryRun ? "--dry-run" : "")
        sheet.add(
            "rounded", "amounts rounded", .count(read.rounded.count),
            note: "finer than a pico-dollar")
        sheet.add("refused", "amounts refused", .count(read.refused.count))
        let unread = read.unread.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        sheet.add(
            "unread", "kinds of price left out", .count(unread.count),
            note: "of what is not counted apart here")
        for (name, count) in unread.prefix(5) {
            sheet.warnings.append("\(name) of \(Quantity.count(count, "model")) was left out")
        }
        for (model, text) in read.rounded.prefix(5) {
            sheet.warnings.append("\(model): \(text) rounded to a pico-dollar")
        }
        for (model, text) in read.refused.prefix(5) {
            sheet.warnings.append("\(model): \(text.prefix(40)) is no price")
        }
        try sheet.print(output)
    }
}
