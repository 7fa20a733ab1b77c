#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How a writer behaves.
public struct LogOptions: Sendable {
    /// Whether a store is made where there is none.
    public var createsStore = true
    /// An active segment of this size is closed and a new one begun; 0 never does that.
    public var sealByteCount = 64 << 20
    /// How long to wait for another writer before ``LogError/Code/busy``; `nil` waits for ever.
    public var lockTimeoutMilliseconds: Int?
    /// Opens a store although acknowledged events are missing from it, notes the loss in the log,
    /// and makes a lost manifest anew.
    ///
    /// What is there is kept. For `tacho recover`.
    public var acceptsLoss = false
    /// Size of the file `RESERVE`, which a full disk gives back for the store's own small files; 0
    /// has none.
    public var reserveByteCount = 1 << 20
    /// LZ4 level of sealed segments: 1 is fast, 3 to 12 are smaller.
    public var compressionLevel = 1
    /// Fields that sealed segments also carry as columns.
    public var columns = ColumnSet.none
    /// The store's clock.
    ///
    /// `recorded` never goes back, whatever this says.
    public var clock: @Sendable () -> Timestamp = { .now }

    public init() {}

    /// What the clock says, or the nearest moment to it that a record can say.
    ///
    /// A record of another moment is acknowledged, and torn to whoever reads it.
    package var now: Timestamp {
        let moments = Timestamp.recordable
        return min(max(clock(), moments.lowerBound), moments.upperBound)
    }
}

extension Timestamp {
    /// The system's wall clock.
    public static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(
            microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
