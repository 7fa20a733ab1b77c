/// Writes consecutive sealed segments as one of the next generation.
///
/// The lines, the gaps, and the erasures stay what they are, so the chain does; the new file is
/// read back as any reader would before it counts. Memory: a frame of each side, the encoder, and
/// the new index.
struct SegmentMerge {
    let layout: StoreLayout
    let fileSystem: any FileSystem
    let store: StoreID
    let options: CompactionPlan.Options

    /// A new segment in `tmp/`, whole and on the disk.
    struct Output {
        let entry: SegmentEntry
        let temporary: String
        let footer: SegmentFooter
    }

    /// - Parameters:
    ///   - inputs: In order of position, sealed, without anything between.
    ///   - progress: Told the bytes of lines that were written; `false` stops.
    /// - Returns: `nil` if it was stopped.
    /// - Throws: ``LogError`` `.damaged` if an input is not what was written. Nothing is left in
    ///   `tmp/` then.
    func run(
        _ inputs: [SegmentEntry], progress: (Int) -> Bool
    ) throws(LogError) -> Output? {
        guard let first = inputs.first, let last = inputs.last else { return nil }
        let generation = inputs.map { StoreLayout.generation(ofSealed: $0.file) }.max() ?? 0
        let name = StoreLayout.sealedName(
            first: first.first, last: last.last, generation: generation + 1)
        let temporary = layout.temporaryFile(name)
        do throws(LogError) {
            let written = try LogError.unifying {
                try write(inputs, to: temporary, progress)
            }
            guard let (footer, byteCount) = written else {
                try? fileSystem.remove(temporary)
                return nil
            }
            let entry = SegmentEntry(
                state: .sealed, file: name, first: first.first, last: last.last,
                byteCount: byteCount, rawByteCount: footer.rawByteCount, chain: footer.chainAfter)
            guard footer.chainAfter == last.chain else {
                throw LogError(
                    .damaged,
                    "the lines of \(first.file) to \(last.file) end in another hash chain than "
                        + "the manifest says. Nothing was changed; run `tacho verify --deep`.")
            }
            try SegmentReadBack(layout: layout, fileSystem: fileSystem, store: store)
                .check(entry, temporary, footer)
            return Output(entry: entry, temporary: temporary, footer: footer)
        } catch {
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    private func write(
        _ inputs: [SegmentEntry], to temporary: String, _ progress: (Int) -> Bool
    ) throws -> (SegmentFooter, byteCount: Int)? {
        let target = try fileSystem.makeAnew(temporary)
        defer { fileSystem.close(target) }
        var segment = SegmentWriter(
            store: store, firstPosition: inputs[0].first, chainBefore: try chainBefore(inputs[0]),
            options: SegmentOptions(
                frameByteCount: options.frameByteCount, level: options.level,
                columns: try options.columns ?? declaredColumns(inputs)))
        var byteCount = 0
        for input in inputs {
            let sealed = try SealedSegment.open(input, layout, store, fileSystem)
            defer { sealed.close(fileSystem) }
            var next = input.first
            var holes = SegmentHoles(sealed.reader)
            for frame in sealed.reader.frames.indices {
                try sealed.batch(frame, fileSystem).forEachRecord { record in
                    holes.fill(&segment, &next, through: record.position.previous)
                    try segment.append(record)
                    next = record.position.next
                    return true
                }
                let bytes = segment.takeOutput()
                if !bytes.isEmpty { try fileSystem.writeAll(target, bytes, at: byteCount) }
                byteCount += bytes.count
                guard progress(sealed.reader.frames[frame].rawByteCount) else { return nil }
            }
            holes.fill(&segment, &next, through: input.last)
        }
        let (footer, rest) = segment.finish()
        try fileSystem.writeAll(target, rest, at: byteCount)
        byteCount += rest.count
        try fileSystem.synchronize(target)
        return (footer, byteCount)
    }

    /// What the first input that has columns has columns of.
    private func declaredColumns(_ inputs: [SegmentEntry]) throws(LogError) -> ColumnSet {
        for input in inputs {
            let sealed = try SealedSegment.open(input, layout, store, fileSystem)
            defer { sealed.close(fileSystem) }
            let columns = sealed.declaredColumns(fileSystem)
            if !columns.isEmpty { return columns }
        }
        return .none
    }

    private func chainBefore(_ input: SegmentEntry) throws(LogError) -> Digest256 {
        let sealed = try SealedSegment.open(input, layout, store, fileSystem)
        defer { sealed.close(fileSystem) }
        return sealed.reader.footer.chainBefore
    }
}

/// The gaps and erasures of a segment, in order of position.
struct SegmentHoles {
    private var gaps: ArraySlice<SegmentGap>
    private var erasures: ArraySlice<SegmentErasure>

    init(_ reader: SegmentReader) {
        gaps = reader.gaps[...]
        erasures = reader.erasures[...]
    }

    /// Writes the holes from `next` through `last`.
    ///
    /// - Precondition: All positions between are in a hole, as a reader checks when it opens.
    mutating func fill(
        _ segment: inout SegmentWriter, _ next: inout Position, through last: Position
    ) {
        while next <= last {
            if let erasure = erasures.first, erasure.position == next {
                segment.appendErasure(leaf: erasure.leaf)
                erasures.removeFirst()
                next = next.next
            } else if let gap = gaps.first, gap.first <= next {
                segment.appendGap(through: gap.last, chainAfter: gap.chainAfter)
                gaps.removeFirst()
                next = gap.last.next
            } else {
                return
            }
        }
    }
}
