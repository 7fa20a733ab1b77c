import Foundation
import Testing

@testable import TachoJSON

/// `TACHO_SEED=… tools/test --filter FuzzTests` repeats the run of that seed.
@Suite struct FuzzTests {
    /// The seed is the test's argument so that its name is known even if a run crashes.
    static let seeds: [UInt64] = {
        let seed =
            ProcessInfo.processInfo.environment["TACHO_SEED"].flatMap(UInt64.init)
            ?? UInt64.random(in: 0 ... .max)
        return (0..<4).map { seed &+ $0 }
    }()

    /// Two hundred thousand inputs, in four parts that run side by side.
    @Test(arguments: seeds)
    func `whatever comes is read the same as by the oracle`(seed: UInt64) {
        var generator = Generator(seed: seed)
        var agreement = Agreement()
        var document: [UInt8] = []
        let count = 50_000

        for round in 0..<count {
            // A fresh document every fourth time, and the same one damaged in three ways.
            if round % 4 == 0 { document = generator.document() }
            var bytes = document
            if round % 4 > 0 { generator.damage(&bytes) }
            if let difference = agreement.difference(bytes, atStart: round % 8 > 3) {
                Issue.record("TACHO_SEED=\(seed), round \(round): \(difference)")
                return
            }
        }

        // A quarter is undamaged, and damage is not always harmful.
        #expect(agreement.acceptedCount > count / 4, "TACHO_SEED=\(seed)")
        #expect(agreement.acceptedCount < count * 3 / 4, "TACHO_SEED=\(seed)")
    }
}
