internal import TachoJSON
package import TachoLog

/// What a hook's process knows beside its input.
package struct HookEnvironment: Sendable {
    /// The variable `WORKFLOW_ID`.
    package var workflowID: [UInt8]?
    /// The variable `ADW_ID`.
    package var adwID: [UInt8]?
    /// Of the process; the payload's own `cwd` is asked after it.
    package var currentDirectory: [UInt8]?

    package init(
        workflowID: [UInt8]? = nil, adwID: [UInt8]? = nil, currentDirectory: [UInt8]? = nil
    ) {
        self.workflowID = workflowID
        self.adwID = adwID
        self.currentDirectory = currentDirectory
    }

    /// Of this process.
    package static var current: HookEnvironment {
        HookEnvironment(
            workflowID: StoreDirectory.environmentBytes("WORKFLOW_ID"),
            adwID: StoreDirectory.environmentBytes("ADW_ID"),
            currentDirectory: StoreDirectory.currentDirectoryBytes)
    }
}

/// A hook's input as an event, or why it is none.
package enum HookInput {
    package static let source: ByteString = "claude-code/hook"
    package static let maximumByteCount = NewEvent.maximumDataByteCount

    /// Makes the event `hook.<hook_event_name>`, with the input kept as it was given.
    ///
    /// `id` is the new event's, sorted by time; `time` is that of the call. Throws the input as a
    /// ``RejectedRecord``, which belongs into quarantine; the agent must not hear of it.
    package static func event(
        _ input: [UInt8], environment: HookEnvironment, id: ByteString, time: Timestamp
    ) throws(RejectedRecord) -> NewEvent {
        try input.withUnsafeBufferPointer { input throws(RejectedRecord) in
            let value = try validate(UnsafeRawBufferPointer(input))
            let data = JSON.singleLine(value)
            return data.withUnsafeBytes { line in
                // Three looks cost less than the first array of a picker in a new process.
                let payload = JSONView(validated: line)
                let stream = stream(
                    environment, session: payload["session_id"], directory: payload["cwd"])
                return NewEvent(
                    id: id, stream: stream,
                    type: DerivedType.make("hook.", payload["hook_event_name"]?.text()),
                    source: source, time: time, data: data)
            }
        }
    }

    private static func validate(
        _ input: UnsafeRawBufferPointer
    ) throws(RejectedRecord) -> UnsafeRawBufferPointer {
        func rejected(_ reason: RejectionReason, _ offset: Int) -> RejectedRecord {
            RejectedRecord(reason, faultOffset: offset, offset: 0, bytes: input)
        }
        guard input.count <= maximumByteCount else {
            throw rejected(.recordTooLong, maximumByteCount)
        }
        do throws(JSONError) {
            guard try JSON.validate(input) == .object else { throw JSONError(.notAnObject, at: 0) }
        } catch {
            throw rejected(.json(error.reason), error.offset)
        }
        return input
    }

    private static func stream(
        _ environment: HookEnvironment, session: JSONView?, directory: JSONView?
    ) -> ByteString {
        let workflow =
            WorkflowID.derive(
                workflowID: environment.workflowID, adwID: environment.adwID,
                currentDirectory: environment.currentDirectory)
            ?? directory?.text().flatMap {
                WorkflowID.derive(workflowID: nil, adwID: nil, currentDirectory: $0)
            }
        return workflow.flatMap { WorkflowID.stream($0) }
            ?? EnvelopeText.encoded(session?.text() ?? [])
    }
}
