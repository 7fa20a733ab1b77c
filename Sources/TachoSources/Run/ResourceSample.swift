import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a tree of processes and the machine under it have used by one moment.
///
/// Totals grow: the difference of two samples is what was used in between. `nil` is unknown.
struct ResourceSample: Hashable, Sendable {
    /// Processor time of the tree, in nanoseconds, with that of processes it has waited for.
    var processorNanoseconds: Int64?
    var residentBytes: Int64?
    var readBytes: Int64?
    var writtenBytes: Int64?
    var processCount: Int64?
    var freeDiskBytes: Int64?
    /// Of the whole machine, without loopback.
    var receivedBytes: Int64?
    /// Of the whole machine, without loopback.
    var sentBytes: Int64?

    /// Measures the tree under `root`, those of its process group, and the machine.
    init(of root: pid_t) {
        self.init(machineOnly: ())
        #if os(Linux)
            let tree = ProcessTree(under: root)
            guard !tree.members.isEmpty else { return }
            processCount = Int64(tree.members.count)
            residentBytes = tree.members.reduce(0) { $0 + $1.residentBytes }
            processorNanoseconds = tree.members.reduce(0) { $0 + $1.processorNanoseconds }
            readBytes = Self.sum(tree.members.map(\.readBytes))
            writtenBytes = Self.sum(tree.members.map(\.writtenBytes))
        #endif
    }

    /// Measures what is the machine's alone.
    init(machineOnly: Void) {
        freeDiskBytes = FreeSpace.byteCount(at: ".").map(Int64.init)
        #if os(Linux)
            let network = ProcessTree.network()
            receivedBytes = network?.received
            sentBytes = network?.sent
        #endif
    }

    /// Unknown only if nobody's is known: another user's process hides its account.
    private static func sum(_ values: [Int64?]) -> Int64? {
        let known = values.compactMap(\.self)
        return known.isEmpty ? nil : known.reduce(0, +)
    }
}
