package import TachoEvents
import TachoLog
package import TachoProjections

/// What was asked for before, and how it went: requests of workflows and first prompts of sessions.
package struct PromptCorpus: Sendable {
    package struct Prompt: Sendable {
        package let id: String
        /// `workflow` or `session`.
        package let kind: String
        package let text: String
        /// The directory that the session worked in.
        package let project: String?
        /// Status of a workflow; of a session `fine`, or `N of M calls failed`.
        package let outcome: String
        package let hasFailed: Bool
        /// Whether the work is over, as far as the log tells.
        package let hasEnded: Bool
        package let facts: WorkflowFacts
    }

    package private(set) var prompts: [Prompt] = []
    private let sessions: Table
    /// A session that did nothing after that is over, though nobody said so.
    private let idleBefore: Timestamp

    /// A day before the last that any session did.
    private static let idleMicroseconds: Int64 = 86_400_000_000

    /// Shorter prompts say nothing: yes, go on, fix it.
    private static let minimumWordCount = 4
    private var seen = Set<String>()

    package init(history: Table, sessions: Table) {
        self.sessions = sessions
        let newest = (0..<sessions.rowCount).lazy
            .compactMap { sessions.timestamp(SessionsProjector.Column.endedAt, $0) }.max()
        idleBefore = Timestamp(
            microseconds: (newest?.microseconds ?? 0) - Self.idleMicroseconds)
        typealias Column = WorkflowHistoryProjector.Column
        for row in 0..<history.rowCount {
            guard let id = history.text(Column.adwID, row)?.description,
                let text = history.text(Column.nlInput, row)?.description
            else { continue }
            let status = history.text(Column.status, row)?.description ?? "running"
            var facts = WorkflowFacts()
            facts.id = id
            facts.input = text
            facts.template = history.text(Column.workflowTemplate, row)?.description
            facts.classification = history.text(Column.issueClass, row)?.description
            prompts.append(
                Prompt(
                    id: id, kind: "workflow", text: text, project: nil, outcome: status,
                    hasFailed: status == "failed",
                    hasEnded: ["completed", "failed"].contains(status), facts: facts))
        }
    }

    /// Adds the first prompt of a session that says what it is about; other events are passed over.
    package mutating func take(_ event: Event) {
        guard let text = PromptText(event)?.text, text.words.count >= Self.minimumWordCount else {
            return
        }
        let session = event.promptSession.description
        guard seen.insert(session).inserted else { return }
        typealias Column = SessionsProjector.Column
        let row = sessions.row(forKey: ByteString(session))
        let calls = row.flatMap { sessions.integer(Column.toolCallCount, $0) } ?? 0
        let failures = row.flatMap { sessions.integer(Column.errorCount, $0) } ?? 0
        var facts = WorkflowFacts()
        facts.id = session
        facts.input = text
        prompts.append(
            Prompt(
                id: session, kind: "session", text: text,
                project: row.flatMap { sessions.text(Column.cwd, $0)?.description },
                outcome: failures == 0 ? "fine" : "\(failures) of \(calls) calls failed",
                hasFailed: failures > 0,
                hasEnded: row.map { hasEnded($0) } ?? false,
                facts: facts))
    }

    private func hasEnded(_ row: Int) -> Bool {
        typealias Column = SessionsProjector.Column
        return sessions.text(Column.status, row, equals: "ended")
            || sessions.timestamp(Column.endedAt, row).map { $0 < idleBefore } ?? false
    }

    package struct Match: Sendable {
        package let prompt: Prompt
        /// BM25.
        package let score: Double
        /// The reference's, 0 to 100.
        package let referenceScore: Double
    }

    /// The prompts most like a text, the best first.
    package func matches(
        for text: String, limit: Int, where isWanted: (Prompt) -> Bool = { _ in true }
    ) -> [Match] {
        var facts = WorkflowFacts()
        facts.input = text
        return PromptRanking(prompts.map(\.text))
            .matches(for: text, limit: limit) { isWanted(prompts[$0]) }
            .map { found in
                Match(
                    prompt: prompts[found.index], score: found.score,
                    referenceScore: Similarity.score(facts, prompts[found.index].facts))
            }
    }

    /// How good a ranking is at finding work of the same project.
    package struct Evaluation: Sendable {
        /// Prompts that have another one of their project.
        package private(set) var count = 0
        /// Share of those whose best match is of the same project; 0 to 1.
        package fileprivate(set) var ranked = 0.0
        package fileprivate(set) var jaccard = 0.0
        /// What drawing a prompt at random would reach.
        package fileprivate(set) var chance = 0.0

        fileprivate mutating func finish(_ count: Int) {
            self.count = count
            guard count > 0 else { return }
            ranked /= Double(count)
            jaccard /= Double(count)
            chance /= Double(count)
        }
    }

    /// Takes each prompt out, and looks whether the one most like it is of the same project.
    ///
    /// A text that is there word for word again (a session that was recorded twice) is left out.
    package func evaluated() -> Evaluation {
        var evaluation = Evaluation()
        let ranking = PromptRanking(prompts.map(\.text))
        var count = 0
        for (index, prompt) in prompts.enumerated() {
            guard let project = prompt.project else { continue }
            let others = prompts.indices.filter {
                $0 != index && prompts[$0].project != nil && prompts[$0].text != prompt.text
            }
            let alike = others.filter { prompts[$0].project == project }
            guard !alike.isEmpty else { continue }
            count += 1
            evaluation.chance += Double(alike.count) / Double(others.count)
            let wanted = Set(others)
            let best = ranking.matches(for: prompt.text, limit: 1) { wanted.contains($0) }.first
            if let best, prompts[best.index].project == project { evaluation.ranked += 1 }
            let scores = others.map { ($0, Similarity.ofTexts(prompt.text, prompts[$0].text)) }
            let nearest = scores.max { ($0.1, -$0.0) < ($1.1, -$1.0) }
            if let nearest, nearest.1 > 0, prompts[nearest.0].project == project {
                evaluation.jaccard += 1
            }
        }
        evaluation.finish(count)
        return evaluation
    }
}
