import TachoInsights
import Testing

struct PhaseSequenceTests {
    @Test(arguments: ["Ship", "Cleanup", "Verify"])
    func `the next phase does not start by itself after the last three`(phase: String) {
        #expect(!PhaseSequence.continues(after: phase, status: "completed"))
    }

    @Test(arguments: ["Plan", "Document", "ship", "VERIFY", "Completed", ""])
    func `a completed phase goes on, and names are compared as written`(phase: String) {
        #expect(PhaseSequence.continues(after: phase, status: "completed"))
        #expect(!PhaseSequence.continues(after: phase, status: "failed"))
        #expect(!PhaseSequence.continues(after: phase, status: "Completed"))
    }
}
