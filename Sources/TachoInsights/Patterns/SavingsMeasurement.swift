#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Whether work became cheaper after a pattern was implemented, measured against similar work that
/// it does not touch.
///
/// The difference of differences: (before − after) of the touched work, less (before − after) of the
/// untouched, so that a change that came to all work (a cheaper model, a larger project) is not taken
/// for a saving. Its interval is Welch's, over the four means:
///
///     saving = (b̄ − ā) − (d̄ − c̄),   s² = s_b²/n_b + s_a²/n_a + s_d²/n_d + s_c²/n_c
///     saving ± t(df) · s,  df = s⁴ ÷ Σ (s_i²/n_i)² / (n_i − 1)
///
/// The interval holds 99 of 100 times: at 95, one pattern in forty without any effect would be
/// called a saving. Only an interval above zero proves one; with fewer than ``minimumCount`` of a
/// kind nothing is measured.
///
/// Worked example: before 10, 12, 11, 9, 10, 12, 11, 9; after 6, 7, 5, 6, 7, 5, 6, 6; untouched 20 ± 1
/// on both sides: saving 10.5 − 6 = 4.5 less what the untouched fell.
///
/// Source: Welch 1947, Satterthwaite 1946; Abramowitz and Stegun 26.7.5 for the quantile.
package struct SavingsMeasurement: Sendable {
    package enum Verdict: String, Sendable {
        /// The whole interval is above zero.
        case proven
        /// The whole interval is below zero: it became dearer.
        case loss
        case notProven = "not proven"
        case tooFew = "too few to measure"
    }

    package static let minimumCount = 8

    /// Per piece of work, in the unit of the samples; `nil` with too few.
    package let saving: Double?
    package let lower: Double?
    package let upper: Double?
    /// Of the touched work; `nil` with too few.
    package let meanBefore: Double?
    /// Whether the untouched work was enough to compare with; else only before and after are.
    package let isControlled: Bool

    package var verdict: Verdict {
        guard let lower, let upper else { return .tooFew }
        return lower > 0 ? .proven : upper < 0 ? .loss : .notProven
    }

    package init(
        before: [Double], after: [Double], untouchedBefore: [Double], untouchedAfter: [Double]
    ) {
        let touched = [before, after]
        let untouched = [untouchedBefore, untouchedAfter]
        guard touched.allSatisfy({ $0.count >= Self.minimumCount }) else {
            (saving, lower, upper, meanBefore, isControlled) = (nil, nil, nil, nil, false)
            return
        }
        isControlled = untouched.allSatisfy { $0.count >= Self.minimumCount }
        let samples = (isControlled ? touched + untouched : touched).map(Sample.init)
        var saving = samples[0].mean - samples[1].mean
        if isControlled { saving -= samples[2].mean - samples[3].mean }
        let variance = samples.reduce(0) { $0 + $1.meanVariance }
        let weights = samples.reduce(0) {
            $0 + $1.meanVariance * $1.meanVariance / Double($1.count - 1)
        }
        let freedom = weights > 0 ? variance * variance / weights : 1e9
        let half = Self.quantile(freedom) * variance.squareRoot()
        self.saving = saving
        meanBefore = samples[0].mean
        lower = saving - half
        upper = saving + half
    }

    private struct Sample {
        let count: Int
        let mean: Double
        /// Of the mean.
        let meanVariance: Double

        init(_ values: [Double]) {
            count = values.count
            let mean = values.reduce(0, +) / Double(values.count)
            self.mean = mean
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            meanVariance = squares / Double(values.count - 1) / Double(values.count)
        }
    }

    /// Student's t at 0.995, by the expansion around the normal quantile 2.5758.
    static func quantile(_ freedom: Double) -> Double {
        let z = 2.575829303548901
        let n = max(1, freedom)
        let (z3, z5, z7) = (z * z * z, pow(z, 5), pow(z, 7))
        let first = (z3 + z) / 4
        let second = (5 * z5 + 16 * z3 + 3 * z) / 96
        let third = (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / 384
        return z + first / n + second / (n * n) + third / (n * n * n)
    }

    /// How often the work has to come until what its tool cost is saved; `nil` if it never is.
    package func breakEven(cost: Double) -> Int? {
        guard verdict == .proven, let saving, saving > 0, cost > 0, cost / saving < 1e15 else {
            return nil
        }
        return Int((cost / saving).rounded(.up))
    }
}
