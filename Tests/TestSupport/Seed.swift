internal import Foundation

/// The seed of a random test: `TACHO_SEED` if it is set, else a fixed one.
///
/// A test prints it in its failures, so that the same run can be had again.
package func testSeed(_ standard: UInt64 = 20_261_123) -> UInt64 {
    ProcessInfo.processInfo.environment["TACHO_SEED"].flatMap(UInt64.init) ?? standard
}
