import Foundation
import TachoEvents
import TachoJSON
import TachoLog
import Testing

@Suite struct EventCatalogueTests {
    private func page() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let path = root.appendingPathComponent("Sources/TachoEvents/TachoEvents.docc/Events.md")
        return try String(contentsOf: path, encoding: .utf8)
    }

    @Test func `the page names every type that the code names`() throws {
        let page = try page()
        let types = [
            EventType.toolCall, EventType.stateSnapshot, EventType.statePhases,
            EventType.stateDirectory, EventType.logLine, EventType.logRecord,
            EventType.quarantined, EventType.compacted, EventType.eraseRequested,
            EventType.erased, EventType.expired, EventType.archived, EventType.thawed,
            EventType.backedUp, EventType.restored, EventType.statusLine,
            EventType.promptSubmitted, EventType.promptPosted, EventType.workLogEntry,
            EventType.workLogDeleted, EventType.webhookReceived, EventType.lockAcquired,
            EventType.lockUpdated, EventType.lockReleased, EventType.lockForceReleased,
            EventType.lockExpired, EventType.queueEnqueued, EventType.queueReady,
            EventType.queueStarted, EventType.queuePhaseChanged, EventType.queueCompleted,
            EventType.queueFailed, EventType.queueBlocked, EventType.queueRequeued,
            EventType.queueConfigured, EventType.toolRegistered, EventType.toolUpdated,
            EventType.toolDeprecated, EventType.savingsRecorded,
            EventType.decisionRecorded, EventType.decisionOutcome, EventType.resourceSampled,
            EventType.priceSet, EventType.patternDetected, EventType.patternReviewed,
            EventType.patternCommented, EventType.patternImplemented, EventType.patternExecuted,
            EventType.patternPredicted, EventType.patternValidated,
        ]
        let families = [
            EventType.hookPrefix, EventType.phasePrefix, EventType.workflowPrefix,
            EventType.lockPrefix, EventType.queuePrefix, EventType.transcriptPrefix,
            EventType.outputPrefix, EventType.telemetryPrefix, EventType.githubPrefix,
            EventType.tachoPrefix,
            EventType.codexPrefix, EventType.copilotPrefix, EventType.geminiPrefix,
            EventType.piPrefix, EventType.sweAgentPrefix, EventType.aiderPrefix,
        ]

        for type in types { #expect(page.contains("`\(type)`"), "\(type)") }
        for family in families { #expect(page.contains("`\(family)"), "\(family)") }
    }

    @Test func `every example on the page is data that the log takes`() throws {
        var count = 0
        for block in try page().components(separatedBy: "```json\n").dropFirst() {
            let lines = block.components(separatedBy: "```")[0].split(separator: "\n")
            for line in lines {
                let event = NewEvent(
                    stream: "s", type: "t", source: "s", data: Array(line.utf8))
                #expect(throws: Never.self, "\(line)") { try event.validate() }
                count += 1
            }
        }
        #expect(count >= 7)
    }
}
