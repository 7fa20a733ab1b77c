import TachoLog
import TachoProjections
import Testing

struct PricesProjectorTests {
    private func fold(_ prices: [String]) throws -> TableReader {
        var log = MemoryLog()
        for price in prices { log.append(stream: "prices", type: "price.set", data: price) }
        return try TableReader(folding: PricesProjector.self, log)
    }

    @Test func `a price of another day is a row of its own`() throws {
        let table = try fold([
            #"{"model":"m","provider":"p","input":"0.000005"}"#,
            #"{"model":"m","provider":"p","valid_from":"2026-02-01T00:00:00Z","input":"0.000004"}"#,
        ])

        #expect(try table.row("p/m/").money("input") == 5_000_000)
        #expect(try table.row("p/m/2026-02-01T00:00:00Z").money("input") == 4_000_000)
    }

    @Test func `a correction says all of the price`() throws {
        let table = try fold([
            #"{"model":"m","input":"0.000005","output":"0.1","fast_multiplier":2.5}"#,
            #"{"model":"m","input":0.000003}"#,
        ])

        #expect(try table.row("/m/").money("input") == 3_000_000)
        #expect(try table.row("/m/").money("output") == nil)
        #expect(try table.row("/m/").text("fast_multiplier") == nil)
    }

    @Test func `a moment that is none is not the beginning of time`() throws {
        #expect(try fold([#"{"model":"m","valid_from":"soon","input":"1"}"#]).count == 0)
        #expect(try fold([#"{"model":"","input":"1"}"#]).count == 0)
        #expect(try fold([#"{"input":"1"}"#]).count == 0)
    }

    @Test func `amounts that are none are unknown`() throws {
        let row = try fold([
            #"{"model":"m","input":"-1","output":"x","cache_read":null,"batch_multiplier":"half"}"#
        ]).row("/m/")

        for column in ["input", "output", "cache_read"] { #expect(row.money(column) == nil) }
        #expect(row.text("batch_multiplier") == nil)
    }
}
