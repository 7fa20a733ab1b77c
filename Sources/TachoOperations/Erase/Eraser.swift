import TachoEvents
import TachoJSON
package import TachoLog
import TachoProjections

/// Carries an erasure out: request, rewriting, what is derived, proof, receipt.
package struct Eraser: Sendable {
    package struct Outcome: Sendable {
        /// Where the request stands; `nil` if there was nothing to do.
        package var request: Position?
        /// Whether a request that was begun before has been finished.
        package var isResumed = false
        package var report = ErasureReport()
        package var removedSnapshotCount = 0
        /// Tables that were kept at a cut, and are without it now.
        package var kept: [KeptErased] = []
        /// Quarantined files and `SOURCES` that were rewritten or removed.
        package var cleanedFiles: [String] = []
        /// What is left of it, by class of files.
        package var residue: [Residue] = []

        package var isProven: Bool { residue.allSatisfy { $0.total == 0 } }
    }

    private let directory: String
    private let fileSystem: any FileSystem
    private let options: LogOptions
    private var layout: StoreLayout { StoreLayout(directory) }

    /// - Parameters:
    ///   - directory: The store's.
    ///   - options: Of the writer.
    ///   - fileSystem: Where it is.
    package init(
        _ directory: String, options: LogOptions = .events,
        fileSystem: any FileSystem = RealFileSystem()
    ) {
        self.directory = directory
        self.fileSystem = fileSystem
        self.options = options
    }

    package func plan(_ selector: ErasureSelector) throws(LogError) -> ErasurePlan {
        try ErasurePlan(selector, in: LogReader.open(directory, fileSystem: fileSystem))
    }

    /// - Parameters:
    ///   - selector: Whose events.
    ///   - reason: For the record; must not mention what is to vanish.
    /// - Returns: What was done and what is left.
    /// - Throws: ``LogError``. Run again, it goes on where it ended.
    package func execute(
        _ selector: ErasureSelector, reason: String?
    ) throws(LogError) -> Outcome {
        if let reason, mentions(reason, selector) {
            throw LogError(
                .invalidEvent, "the reason mentions what is to be erased, and would keep it")
        }
        var reader = try LogReader.open(directory, fileSystem: fileSystem)
        let known = try reader.secretDigest(selector.canonical)?.hex
        let pending = try ErasureHistory(reader).requests.last {
            $0.selector == known && $0.receipt == nil
        }
        let underWay = ErasureUnderWay(layout: layout, fileSystem: fileSystem)
        let plan = try ErasurePlan(
            selector, in: reader, sessions: try underWay.sessions(of: known))
        var outcome = Outcome()
        guard
            !plan.positions.isEmpty || plan.residueCount > 0 || !plan.kept.isEmpty
                || pending != nil
        else {
            outcome.residue = plan.residue
            return outcome
        }
        if let archived = plan.thawFirst { throw archived }
        var options = options
        options.createsStore = false
        var writer = try LogWriter.open(directory, options: options, fileSystem: fileSystem)
        let digest = try writer.secretDigest(selector.canonical).hex
        outcome.isResumed = pending != nil
        let request: Position
        if let pending {
            request = pending.position
        } else {
            request = try writer.append([Self.request(plan, digest, reason).event]).lastPosition
        }
        outcome.request = request
        try underWay.begin(digest, plan.matcher.sessions)
        let snapshots = SnapshotStore(directory: layout.snapshots, fileSystem: fileSystem)
        // In the older form nothing can be taken out of them.
        for type in allProjectors {
            _ = try snapshots.convertKept(type) { position throws(LogError) in
                try reader.anchor(at: position)
            }
        }
        outcome.kept = try KeptTables(snapshots: snapshots).erase(
            plan.matcher, request: request, writes: true)
        let firstKept = outcome.kept.map(\.position.next).min()
        // Of a request that was begun before, nobody knows any more where its events were.
        let first =
            pending != nil
            ? .first
            : [plan.positions.first, firstKept].compactMap(\.self).min() ?? .first
        outcome.removedSnapshotCount = snapshots.removeAll(from: first)
        outcome.report = try writer.erase(
            plan.positions, changedFrom: first, isResumed: outcome.isResumed)
        outcome.removedSnapshotCount += snapshots.removeAll(from: first)
        outcome.cleanedFiles = try clean(plan)
        try underWay.end()
        reader = try LogReader.open(directory, fileSystem: fileSystem)
        let leaves = try reader.erasures(through: reader.lastPosition).map(\.leaf)
        outcome.residue = try ResidueScan(reader, plan.matcher.needles, leaves: leaves).run()
        _ = try writer.append([Self.receipt(outcome, request).event])
        try writer.close()
        return outcome
    }

    private func mentions(_ text: String, _ selector: ErasureSelector) -> Bool {
        var needles = Needles()
        needles.add(pattern: selector.id)
        return Array(text.utf8).withUnsafeBytes { needles.count(in: $0) > 0 }
    }

    // MARK: What is derived or kept aside

    /// Takes lines out of quarantined files, and removes what cannot be taken apart.
    private func clean(_ plan: ErasurePlan) throws(LogError) -> [String] {
        var cleaned = [String]()
        for path in plan.residue.filter({ $0.fileClass != "log" }).flatMap(\.files) {
            let whole = directory + "/" + path
            if path == "SOURCES" || path.hasPrefix("quarantine/") && path.contains(".lz4") {
                // SOURCES may be deleted: the next import reads again, and adds nothing.
                try LogError.unifying { try fileSystem.remove(whole) }
            } else if path.hasPrefix("quarantine/") {
                try removeLines(whole, plan.matcher.needles)
            } else {
                continue
            }
            cleaned.append(path)
        }
        if !cleaned.isEmpty {
            try LogError.unifying {
                try fileSystem.synchronizeDirectory(directory)
                try fileSystem.synchronizeDirectory(layout.quarantine)
            }
        }
        return cleaned
    }

    private func removeLines(_ path: String, _ needles: Needles) throws(LogError) {
        guard let bytes = try fileSystem.contents(of: path, limit: 1 << 32) else { return }
        var kept = [UInt8]()
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        where !line.withUnsafeBytes({ needles.occur(inLine: $0) }) {
            if !kept.isEmpty { kept.append(0x0A) }
            kept += line
        }
        try LogError.unifying {
            guard !kept.isEmpty else { return try fileSystem.remove(path) }
            let temporary = layout.temporaryFile("erase-quarantine")
            try fileSystem.replaceFile(path, with: kept, temporary: temporary)
            try fileSystem.synchronizeDirectory(layout.quarantine)
        }
    }

    // MARK: Events

    private static func request(
        _ plan: ErasurePlan, _ digest: String, _ reason: String?
    ) -> Receipt {
        Receipt(EventType.eraseRequested) { json in
            json.key("kind")
            json.value(plan.matcher.selector.kind.rawValue)
            json.key("selector_hmac")
            json.value(digest)
            json.key("until")
            json.value(plan.until.rawValue)
            json.key("events")
            json.value(plan.positions.count)
            if let reason {
                json.key("reason")
                json.value(reason)
            }
        }
    }

    private static func receipt(_ outcome: Outcome, _ request: Position) -> Receipt {
        Receipt(EventType.erased) { json in
            json.key("request")
            json.value(request.rawValue)
            json.key("events")
            json.value(outcome.report.eventCount)
            json.key("segments")
            json.beginArray()
            for segment in outcome.report.segments { json.value(segment.after) }
            json.endArray()
            json.key("tables")
            outcome.kept.write(to: &json)
            json.key("residue")
            json.beginObject()
            for residue in outcome.residue {
                json.key(residue.fileClass)
                json.value(residue.total)
            }
            json.endObject()
            json.key("proven")
            json.value(outcome.isProven)
        }
    }
}
