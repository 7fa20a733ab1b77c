internal import Foundation

/// The seed of a random test: `TACHO_SEED` if it is set, else a fixed one.
///
/// A test prints it in its failures, so that the same run can be had again.
package func testSeed(_ standard: UInt64 = 20_261_123) -> UInt64 {
    ProcessInfo.processInfo.environment["TACHO_SEED"].flatMap(UInt64.init) ?? standard
}

/// Seeded randomness that is the same on every machine.
///
/// SplitMix64 by S. Vigna, public domain.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    package init(_ seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
