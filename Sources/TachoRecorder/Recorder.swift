internal import TachoCapture
internal import TachoLog

/// Records what a program does, without the program noticing.
///
/// ```swift
/// import TachoRecorder
///
/// let recorder = Recorder(store: ".tacho")
/// recorder.phase("Build", .started, workflow: "a1b2c3d4", issue: 42)
/// recorder.toolCall("swift build", workflow: "a1b2c3d4", duration: .seconds(31), success: true)
/// recorder.phase(
///     "Build", .completed, workflow: "a1b2c3d4", issue: 42, duration: .milliseconds(31_250))
/// recorder.event(type: "build.cache", stream: "a1b2c3d4", data: ["hits": 12, "misses": 3])
/// recorder.close()
/// print(recorder.counters.dropped)        // 0: everything is in the store
/// ```
///
/// A call copies its values into a queue and returns; a thread of the recorder's own writes them.
/// Nothing is thrown and nothing waits for a disk or for another writer: what the store does not
/// take waits in the spool, from where the next `tacho append` or `tacho import` takes it in, and
/// what the queue has no room for is dropped. ``counters`` says how much of each there was.
///
/// Events are in the store in the order in which one thread hands them over. Those that are still
/// in the queue when the program ends are lost: end with ``close(timeout:)``.
public final class Recorder: Sendable {
    /// How a recorder behaves.
    public struct Options: Sendable {
        /// Events that wait at most; what comes after them is dropped.
        public var queueCount = 10_000
        /// Bytes of data that wait at most.
        public var queueByteCount = 32 << 20
        /// Who observed it, in every event.
        public var source = "tacho/recorder"
        /// Where events go that the store does not take; `nil` is the usual places, as for hooks.
        public var spoolDirectory: String?

        public init() {}
    }

    /// What has become of the events so far.
    public struct Counters: Hashable, Sendable {
        /// In the store.
        public internal(set) var recorded = 0
        /// In the spool, to be taken into the store later.
        public internal(set) var spooled = 0
        /// Lost: no room in the queue, handed over after the end, or neither store nor spool took it.
        public internal(set) var dropped = 0
        /// Lost because it was no event: data that is no JSON object, or a type that cannot be one.
        public internal(set) var refused = 0
        /// Not written yet.
        public internal(set) var waiting = 0
    }

    /// How a phase or a workflow is.
    public enum Status: String, Sendable, CaseIterable {
        case started, completed, failed, skipped
    }

    /// The workflow of events that name none: `WORKFLOW_ID`, `ADW_ID`, or a `trees/<id>` in the
    /// working directory, as for hooks.
    public let workflow: String?

    let queue: RecorderQueue

    /// Starts a recorder.
    ///
    /// The store need not be there yet; it is made with the first event.
    ///
    /// - Parameters:
    ///   - store: The store's directory; `nil` is `TACHO_STORE`, else the nearest `.tacho/` upwards,
    ///     else the user's own.
    ///   - options: Bounds and places.
    public init(store: String? = nil, options: Options = Options()) {
        let directory = store.map(StoreDirectory.withoutSlash) ?? StoreDirectory.find()
        let surroundings = HookEnvironment.current
        workflow =
            WorkflowID.derive(
                workflowID: surroundings.workflowID, adwID: surroundings.adwID,
                currentDirectory: surroundings.currentDirectory
            ).flatMap { WorkflowID.stream($0) }?.description
        let spool =
            options.spoolDirectory.map { Spool([SpoolDirectory(path: $0)]) }
            ?? Spool(SpoolDirectory.candidates(store: directory))
        let queue = RecorderQueue(
            countLimit: options.queueCount, byteCountLimit: options.queueByteCount)
        self.queue = queue
        let source = EnvelopeText.encoded(Array(options.source.utf8))
        let threads = WorkerThreads.start(1) {
            RecorderWriter(store: directory, source: source, spool: spool).run(queue)
        }
        WorkerThreads.detach(threads)
        if threads.isEmpty { queue.end() }
    }

    /// Lets the thread write what waits, without waiting for it.
    deinit { queue.close() }

    /// What has become of the events so far.
    public var counters: Counters { queue.counters }

    /// Waits until everything handed over before this call is written.
    ///
    /// - Parameter timeout: How long to wait at most.
    /// - Returns: Whether nothing of it waits any more.
    @discardableResult
    public func flush(timeout: Duration = .seconds(5)) -> Bool {
        queue.waitUntilSettled(timeout: timeout)
    }

    /// Writes what waits, makes it durable, and ends; events handed over later are dropped.
    ///
    /// May be called more than once.
    ///
    /// - Parameter timeout: How long to wait at most; the thread goes on after that.
    /// - Returns: Whether everything was written and the store is closed.
    @discardableResult
    public func close(timeout: Duration = .seconds(5)) -> Bool {
        queue.close()
        return queue.waitUntilEnded(timeout: timeout)
    }
}
