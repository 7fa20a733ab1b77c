import TachoJSON
import TachoLog

// A workflow against those of its template and class that ended before it.
//
// Workflows that have ended form a chain for each template and class: `peer_previous` is the row
// of the one that ended before, `peer_head` marks the last one. So peers are found without looking
// at all rows, and the same ones whether the fold was interrupted or not.

extension WorkflowHistoryProjector {
    /// How many peers a workflow is compared with: those that ended last before it.
    package static let peerLimit = 50
    package static let similarLimit = 5

    /// Computed when the workflow ends.
    ///
    /// It is computed again when its own figures change after that; a
    /// duration that grows line by line counts as changed after about an eighth.
    ///
    /// - Complexity: O(``peerLimit``).
    mutating func refreshComparison(_ facts: WorkflowFacts, _ row: Int, _ table: inout Table) {
        guard
            table.text(Column.status, row, equals: "completed")
                || table.text(Column.status, row, equals: "failed")
        else { return }
        chain(row, &table)
        let basis = Self.basis(facts)
        guard table.integer(Column.comparisonBasis, row) != basis else { return }
        table.set(Column.comparisonBasis, of: row, integer: basis)

        let peerRows = peers(of: row, table)
        // One that has begun again may have something waiting.
        for peer in peerRows where drafts.read(peer, { $0.isWaiting }) == true {
            _ = settle(peer, &table)
        }
        let compared = peerRows.map { peer($0, table) }
        let peers = compared.map(\.facts)
        let anomalies = Anomaly.detect(in: facts, among: peers, asReference: false)
        let advice = Recommendation.advice(on: anomalies, of: facts)
        setTexts(anomalies.map(\.message), Column.anomalyFlags, row, &table)
        setTexts(advice.map(\.message), Column.optimizationRecommendations, row, &table)
        var counted = facts
        let words = inputWords(row, table)
        counted.inputWordCount = words.count
        let similar = Similarity.mostSimilar(to: counted, among: peers) { index in
            words.likeness(to: compared[index].words)
        }
        setTexts(Array(similar.prefix(Self.similarLimit)), Column.similarWorkflowIds, row, &table)
    }

    /// A peer, as far as it is compared.
    struct Peer {
        var facts = WorkflowFacts()
        let words: InputWords
    }

    /// Each of those that ended last is compared with the next fifty, and seldom changes meanwhile.
    private mutating func peer(_ row: Int, _ table: Table) -> Peer {
        if let known = peerMemory[row] { return known }
        if peerMemory.count == Self.peerMemoryLimit { peerMemory.removeAll() }
        let peer = readPeer(row, table)
        peerMemory[row] = peer
        return peer
    }

    private static let peerMemoryLimit = 1024

    private func readPeer(_ row: Int, _ table: Table) -> Peer {
        var peer = Peer(words: inputWords(row, table))
        func text(_ column: Column) -> String? {
            table.withText(column, row) { String(decoding: $0, as: UTF8.self) }
        }
        peer.facts.id = text(.adwID)
        peer.facts.template = text(.workflowTemplate)
        peer.facts.classification = text(.issueClass)
        peer.facts.inputWordCount = peer.words.count
        peer.facts.durationSeconds = table.integer(Column.durationSeconds, row).map { Double($0) }
        peer.facts.cost = table.money(Column.actualCostTotal, row).map { Double($0) / 1e12 }
        peer.facts.errorCount = errorCount(row, table)
        return peer
    }

    private func inputWords(_ row: Int, _ table: Table) -> InputWords {
        table.withText(Column.inputWords, row) { InputWords(text: $0) } ?? InputWords("")
    }

    /// Puts the row at the end of its chain, once and for good.
    private func chain(_ row: Int, _ table: inout Table) {
        guard table.isUnknown(Column.peerPrevious, row) else { return }
        let template = table.text(Column.workflowTemplate, row) ?? ""
        let issueClass = table.text(Column.issueClass, row) ?? ""
        let key = ByteString(template.bytes + [0x0A] + issueClass.bytes)
        let head = table.rows(where: Column.peerHead, equals: key).first
        if let head { table.setUnknown(Column.peerHead, of: head) }
        table.set(Column.peerPrevious, of: row, integer: head.map { Int64($0) } ?? -1)
        table.set(Column.peerHead, of: row, text: key)
    }

    /// Newest first.
    private func peers(of row: Int, _ table: Table) -> [Int] {
        var peers: [Int] = []
        var link = table.integer(Column.peerPrevious, row) ?? -1
        while link >= 0, link < table.rowCount, peers.count < Self.peerLimit {
            peers.append(Int(link))
            link = table.integer(Column.peerPrevious, Int(link)) ?? -1
        }
        return peers
    }

    /// A number that changes when what a comparison rests on changes (FNV-1a, 64 bits).
    private static func basis(_ facts: WorkflowFacts) -> Int64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ value: UInt64) {
            hash = (hash ^ value) &* 0x0000_0100_0000_01B3
            hash ^= hash >> 29
        }
        for number in [
            facts.cost, facts.cacheReadTokens, facts.totalInputTokens,
            facts.retryCount.map { Double($0) }, facts.errorCount.map { Double($0) },
        ] {
            mix(number?.bitPattern ?? 0x7FF8_0000_0000_0001)
        }
        // Sign, exponent, and the first three bits of the fraction.
        mix((facts.durationSeconds ?? -1).bitPattern >> 49)
        for phase in facts.phaseSeconds { mix(phase.seconds.bitPattern) }
        for text in [
            facts.template, facts.classification, facts.errorCategory, facts.input,
            facts.model.name,
        ] {
            for byte in (text ?? "\u{0}").utf8 { mix(UInt64(byte)) }
        }
        return Int64(bitPattern: hash)
    }

    private func setTexts(
        _ texts: [String], _ column: Column, _ row: Int, _ table: inout Table
    ) {
        var writer = JSONWriter()
        writer.beginArray()
        for text in texts { writer.value(text) }
        writer.endArray()
        table.set(column, of: row, json: writer.bytes)
    }
}

// Words: semantics §4.10 gives the numbers' places.

extension Anomaly {
    fileprivate var message: String {
        let number = actualNumber ?? 0
        let mean = expected ?? 0
        let ratio = DecimalRounding(mean == 0 ? 0 : number / mean, places: 1).text
        switch kind {
        case .cost:
            let cost = DecimalRounding(number, places: 4).text
            let average = DecimalRounding(mean, places: 4).text
            return "cost $\(cost) is \(ratio) times the average of $\(average)"
        case .duration:
            let seconds = DecimalRounding(number, places: 0).text
            let average = DecimalRounding(mean, places: 0).text
            return "duration \(seconds) s is \(ratio) times the average of \(average) s"
        case .retry:
            return "\(DecimalRounding(number, places: 0).text) retries"
        case .cache:
            let percent = DecimalRounding(number * 100, places: 1).text
            return "only \(percent) % of the input came from the cache"
        case .errorCategory:
            guard case .text(let category) = actual else { return "unexpected error" }
            return "unexpected error: \(category)"
        case nil:
            return "unknown"
        }
    }
}

extension Recommendation {
    fileprivate var message: String {
        let words =
            switch self {
            case .modelDownHaiku: "a simple task; Haiku costs about 80 % less"
            case .modelDownSonnet: "Sonnet costs about 50 % less than Opus"
            case .modelUpSonnet: "a complex task with errors; Sonnet may need fewer attempts"
            case .costRatio(let ratio): "it cost \(ratio) times the average of its like"
            case .retryStability(let retries): "\(retries) retries; make its steps more stable"
            case .retryWithErrors(let retries, let errors):
                "\(retries) retries after \(errors) errors; look at the errors first"
            case .errorCategory(let category): "prevent errors of the kind \(category)"
            case .cacheLow(let percent):
                "the cache gave \(percent) %; keep prompts' beginnings alike"
            case .inputBrief: "fewer than 20 words were asked; say more"
            case .bottleneck(let phase, let seconds, let percent):
                "\(phase) took \(seconds) s, \(percent) % of all"
            case .durationGeneric: "it took long, and no phases say where"
            case .allGood: "nothing out of the ordinary"
            case .unavailable: "no advice: the model is unknown"
            }
        return "\(code): \(words)"
    }
}
