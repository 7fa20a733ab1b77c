import Foundation
import TachoInsights
import TestSupport
import Testing

/// What takes seconds in a release build: run with `TACHO_SCALE=1`.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TACHO_SCALE"] != nil))
struct PatternScaleTests {
    @Test(arguments: 0..<3)
    func `20 planted sequences among 1,000,000 calls are all found, and nothing else`(
        round: Int
    ) {
        let planted = PlantedCalls(
            callCount: 1_000_000, plantCount: 20, each: 300, seed: testSeed() &+ UInt64(round))

        let found = SequenceMining(planted.sequences).candidates.map(\.tools)

        #expect(Set(planted.plants).subtracting(found).isEmpty)
        #expect(Set(found).subtracting(planted.plants).isEmpty)
    }

    @Test func `10,000,000 calls are counted exactly`() {
        let planted = PlantedCalls(callCount: 10_000_000, plantCount: 20, each: 3000, seed: 1)
        let clock = ContinuousClock()
        var mining = SequenceMining([])

        let elapsed = clock.measure { mining = SequenceMining(planted.sequences) }

        print("mined \(mining.callCount) calls in \(elapsed)")
        #expect(mining.candidates.count == 20)
        for plant in planted.plants {
            #expect(
                mining.frequent[plant.count - 2].contains { $0.tools == plant && $0.count >= 3000 })
        }
    }
}
