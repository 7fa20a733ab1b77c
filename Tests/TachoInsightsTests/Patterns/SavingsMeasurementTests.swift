import Foundation
import TachoInsights
import TestSupport
import Testing

struct SavingsMeasurementTests {
    /// Costs of workflows are skewed: most are cheap, some are dear.
    private func costs(
        _ count: Int, mean: Double, _ random: inout SeededRandom
    ) -> [Double] {
        (0..<count).map { _ in
            let sum = (0..<12).reduce(-6.0) { sum, _ in
                sum + Double.random(in: 0..<1, using: &random)
            }
            return mean * exp(0.5 * sum - 0.125)
        }
    }

    /// A cheaper model comes at the same time: all work is a fifth cheaper afterwards.
    private func measure(saving: Double, _ random: inout SeededRandom) -> SavingsMeasurement {
        SavingsMeasurement(
            before: costs(60, mean: 2, &random), after: costs(60, mean: 1.6 - saving, &random),
            untouchedBefore: costs(80, mean: 2, &random),
            untouchedAfter: costs(80, mean: 1.6, &random))
    }

    @Test func `a planted saving is in its interval in 95 of 100 seeds`() {
        var random = SeededRandom(testSeed())
        var (inside, proven) = (0, 0)
        for _ in 0..<100 {
            let measured = measure(saving: 0.8, &random)
            if let lower = measured.lower, let upper = measured.upper, lower <= 0.8, 0.8 <= upper {
                inside += 1
            }
            if measured.verdict == .proven { proven += 1 }
        }

        #expect(inside >= 95)
        #expect(proven >= 70)
    }

    @Test func `no saving is claimed where none is planted, in 95 of 100 seeds`() {
        var random = SeededRandom(testSeed())
        let claimed = (0..<100).count { _ in measure(saving: 0, &random).verdict == .proven }

        #expect(claimed <= 5)
    }

    @Test func `too few, and equal, are not proven`() {
        let few = SavingsMeasurement(
            before: [1, 2, 3], after: [0, 0, 0], untouchedBefore: [], untouchedAfter: [])
        #expect(few.verdict == .tooFew)
        #expect(few.breakEven(cost: 1) == nil)
        let equal = Array(repeating: 1.0, count: 10)
        let same = SavingsMeasurement(
            before: equal, after: equal, untouchedBefore: equal, untouchedAfter: equal)
        #expect(same.verdict == .notProven)
        #expect(same.saving == 0)
    }

    @Test func `without work to compare with, before and after alone are compared`() {
        let before = [10.0, 12, 11, 9, 10, 12, 11, 9]
        let after = [6.0, 7, 5, 6, 7, 5, 6, 6]
        let measured = SavingsMeasurement(
            before: before, after: after, untouchedBefore: [], untouchedAfter: [])

        #expect(!measured.isControlled)
        #expect(measured.verdict == .proven)
        #expect(measured.saving == 4.5)
        #expect(measured.breakEven(cost: 9) == 2)
    }
}
