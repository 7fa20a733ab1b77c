package import TachoCapture
internal import TachoJSON
package import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs a command as a phase of a workflow, and records that it ran, how it ended, and what it used.
///
/// Nothing of that is the command's concern: it starts before the first event is written, its exit
/// code is ours, and what the store does not take waits in the spool.
package struct PhaseRun: Sendable {
    package let recorder: HookRecorder
    package let workflow: ByteString
    package let phase: String
    package var issueNumber: Int64?
    /// Nanoseconds between two samples; 0 takes none but the last.
    package var interval: Int64 = 1_000_000_000
    /// Not empty.
    package let command: [String]

    package static let source: ByteString = "tacho/run"
    /// Of the command as it is recorded.
    private static let commandByteLimit = 4096

    package init(recorder: HookRecorder, workflow: ByteString, phase: String, command: [String]) {
        precondition(!command.isEmpty, "there is a command to run")
        self.recorder = recorder
        self.workflow = workflow
        self.phase = phase
        self.command = command
    }

    /// What came of it.
    package struct Outcome: Sendable {
        /// As a shell gives it.
        package let exitCode: Int32
        /// Why the command could not be started.
        package var startFailure: String?
    }

    /// Runs the command to its end.
    package func run() -> Outcome {
        let signals = SignalWaiter()
        let started = Timestamp.now
        let begin = Self.monotonicNanoseconds()
        do throws(ChildCommand.StartError) {
            let child = try ChildCommand(command)
            record("started", started, Finish())
            let (end, peak) = wait(for: child, signals, since: begin)
            var finish = Finish()
            finish.started = started
            finish.nanoseconds = Self.monotonicNanoseconds() - begin
            finish.exitCode = end.exitCode
            finish.signal = end.signal
            finish.peakResidentBytes = [peak, end.peakResidentBytes].compactMap(\.self).max()
            record(end.exitCode == 0 ? "completed" : "failed", .now, finish)
            return Outcome(exitCode: end.exitCode)
        } catch {
            var finish = Finish()
            finish.started = started
            finish.nanoseconds = Self.monotonicNanoseconds() - begin
            finish.exitCode = error.exitCode
            finish.startFailure = error.message
            record("started", started, Finish())
            record("failed", .now, finish)
            return Outcome(exitCode: error.exitCode, startFailure: error.message)
        }
    }

    // MARK: While it runs

    private func wait(
        for child: borrowing ChildCommand, _ signals: SignalWaiter, since begin: Int64
    ) -> (end: ChildCommand.End, peakResidentBytes: Int64?) {
        let machine = ResourceSample(machineOnly: ())
        var previous: (at: Int64, processor: Int64) = (begin, 0)
        var peak: Int64?
        var count = 0
        var nextSample = interval > 0 ? begin + min(interval, Int64.max - begin) : .max
        while true {
            if let end = child.poll() {
                if count == 0 {
                    record(lastSample(of: end, since: begin), machine, &previous)
                }
                return (end, peak)
            }
            let now = Self.monotonicNanoseconds()
            if now >= nextSample {
                let sample = ResourceSample(of: child.id)
                peak = [peak, sample.residentBytes].compactMap(\.self).max()
                record(sample, machine, &previous)
                count += 1
                // Samples that were missed while the machine slept are not made up for.
                nextSample = max(nextSample, now) + interval
                continue
            }
            let rest = min(nextSample - now, 3_600_000_000_000)
            if let signal = signals.next(nanoseconds: rest), signal != SIGCHLD {
                child.send(signal)
            }
        }
    }

    /// Of a command that ended before anybody looked: what the system says about it.
    private func lastSample(of end: ChildCommand.End, since begin: Int64) -> ResourceSample {
        var sample = ResourceSample(machineOnly: ())
        sample.processorNanoseconds = end.processorNanoseconds
        sample.residentBytes = end.peakResidentBytes
        return sample
    }

    static func monotonicNanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    // MARK: Events

    private struct Finish {
        /// `nil` for an event that is not the end.
        var started: Timestamp?
        var nanoseconds: Int64 = 0
        var exitCode: Int32 = 0
        var signal: Int32?
        var peakResidentBytes: Int64?
        var startFailure: String?

        var errorMessage: String? {
            if let startFailure { return startFailure }
            if let signal { return "killed by signal \(signal)" }
            return exitCode == 0 ? nil : "exit code \(exitCode)"
        }
    }

    private func record(_ status: String, _ time: Timestamp, _ finish: Finish) {
        var writer = JSONWriter()
        writer.beginObject()
        writeSubject("phase_name", &writer)
        writer.key("phase_status")
        writer.value(status)
        writer.key("started_at")
        writer.value((finish.started ?? time).iso8601)
        if finish.started != nil { write(finish, endedAt: time, &writer) }
        writer.key("command")
        writer.beginArray()
        var rest = Self.commandByteLimit
        for argument in command where rest > 0 {
            writer.value(String(argument.prefix(rest)))
            rest -= argument.utf8.count
        }
        writer.endArray()
        writer.endObject()
        append("phase.\(status)", time, writer.bytes)
    }

    private func write(_ finish: Finish, endedAt time: Timestamp, _ writer: inout JSONWriter) {
        writer.key("completed_at")
        writer.value(time.iso8601)
        writer.key("duration_seconds")
        writer.value(Double(finish.nanoseconds / 1000) / 1_000_000)
        writer.key("exit_code")
        writer.value(Int(finish.exitCode))
        if let signal = finish.signal {
            writer.key("signal")
            writer.value(Int(signal))
        }
        if let peak = finish.peakResidentBytes {
            writer.key("peak_rss_bytes")
            writer.value(peak)
        }
        if let message = finish.errorMessage {
            writer.key("error_message")
            writer.value(message)
        }
    }

    private func record(
        _ sample: ResourceSample, _ machine: ResourceSample,
        _ previous: inout (at: Int64, processor: Int64)
    ) {
        let time = Timestamp.now
        let now = Self.monotonicNanoseconds()
        var writer = JSONWriter()
        writer.beginObject()
        writeSubject("phase", &writer)
        writer.key("sampled_at")
        writer.value(time.iso8601)
        if let processor = sample.processorNanoseconds {
            writer.key("cpu_percent")
            let used = Double(max(0, processor - previous.processor))
            let percent = 100 * used / Double(max(1, now - previous.at))
            writer.value((percent * 10).rounded() / 10)
            previous = (now, max(previous.processor, processor))
        }
        let counts: [(StaticString, Int64?)] = [
            ("rss_bytes", sample.residentBytes), ("disk_free_bytes", sample.freeDiskBytes),
            ("net_rx_bytes", Self.growth(machine.receivedBytes, sample.receivedBytes)),
            ("net_tx_bytes", Self.growth(machine.sentBytes, sample.sentBytes)),
            ("read_bytes", sample.readBytes), ("write_bytes", sample.writtenBytes),
            ("process_count", sample.processCount),
        ]
        for (name, count) in counts {
            guard let count else { continue }
            writer.key(name)
            writer.value(count)
        }
        writer.endObject()
        append("resource.sampled", time, writer.bytes)
    }

    /// An interface that went away takes its count with it: then nothing is known.
    private static func growth(_ first: Int64?, _ now: Int64?) -> Int64? {
        guard let first, let now, now >= first else { return nil }
        return now - first
    }

    private func writeSubject(_ phaseKey: StaticString, _ writer: inout JSONWriter) {
        writer.key("adw_id")
        writer.value(workflow.bytes)
        if let issueNumber {
            writer.key("issue_number")
            writer.value(issueNumber)
        }
        writer.key(phaseKey)
        writer.value(phase)
    }

    private func append(_ type: String, _ time: Timestamp, _ data: [UInt8]) {
        let event = NewEvent(
            stream: workflow, type: ByteString(type), source: Self.source, time: time, data: data)
        _ = recorder.record(event)  // Lost, if the spool does not take it either.
    }
}
