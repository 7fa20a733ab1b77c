import TachoJSON
import TachoLog

/// The file `COMPACTING`: what a compaction was going to write, and what the tables were before.
///
/// The segments themselves need it not: each switch is whole. It is there from before the first of
/// them until the receipt is in the log, so that a process that dies between leaves behind what the
/// next one needs to prove and to record what was done. ``event`` is the id of the receipt: two who
/// record the same compaction record it once.
struct CompactionUnderWay: Equatable {
    struct Input: Equatable {
        let file: String
        let byteCount: Int
    }

    struct Step: Equatable {
        let output: String
        /// The head of the hash chain behind it, in hexadecimal digits.
        let chain: String
        let inputs: [Input]
    }

    let event: ByteString
    let plan: String
    let level: Int
    let steps: [Step]
    /// Where the tables were folded up to.
    let position: Position
    /// Empty if nobody asked for them.
    let tables: [CompactionAnswers.TableState]

    private var bytes: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("event")
        json.value(event.bytes)
        json.key("plan")
        json.value(plan)
        json.key("level")
        json.value(level)
        json.key("position")
        json.value(position.rawValue)
        json.key("steps")
        json.beginArray()
        for step in steps {
            json.beginObject()
            json.key("output")
            json.value(step.output)
            json.key("chain")
            json.value(step.chain)
            Self.write(step.inputs, to: &json)
            json.endObject()
        }
        json.endArray()
        json.key("tables")
        json.beginArray()
        for table in tables {
            json.beginArray()
            json.value(table.name)
            json.value(table.fingerprint)
            json.value(table.hash)
            json.endArray()
        }
        json.endArray()
        json.endObject()
        return json.bytes
    }

    /// As a member `inputs`, here and in the receipt.
    static func write(_ inputs: [Input], to json: inout JSONWriter) {
        json.key("inputs")
        json.beginArray()
        for input in inputs {
            json.beginObject()
            json.key("file")
            json.value(input.file)
            json.key("bytes")
            json.value(input.byteCount)
            json.endObject()
        }
        json.endArray()
    }

    private init?(_ bytes: [UInt8]) {
        guard (try? JSON.validate(bytes)) == .object else { return nil }  // try?: no note, then
        let note = bytes.withUnsafeBytes { Self(JSONView(validated: $0)) }
        guard let note else { return nil }
        self = note
    }

    private init?(_ view: JSONView) {
        guard let event = view["event"]?.text(), let plan = view["plan"]?.string(),
            let level = view["level"]?.integer().flatMap(Int.init(exactly:)),
            let position = view["position"]?.integer().flatMap(UInt64.init(exactly:))
        else { return nil }
        self.event = ByteString(event)
        self.plan = plan
        self.level = level
        self.position = Position(position)
        var steps = [Step]()
        view["steps"]?.forEachElement { element in
            var inputs = [Input]()
            element["inputs"]?.forEachElement { input in
                inputs.append(
                    Input(
                        file: input["file"]?.string() ?? "",
                        byteCount: input["bytes"]?.integer().flatMap(Int.init(exactly:)) ?? 0))
                return true
            }
            steps.append(
                Step(
                    output: element["output"]?.string() ?? "",
                    chain: element["chain"]?.string() ?? "", inputs: inputs))
            return true
        }
        self.steps = steps
        var tables = [CompactionAnswers.TableState]()
        view["tables"]?.forEachElement { element in
            var words = [String]()
            element.forEachElement { word in
                words.append(word.string() ?? "")
                return words.count < 3
            }
            guard words.count == 3 else { return true }
            tables.append(.init(name: words[0], fingerprint: words[1], hash: words[2]))
            return true
        }
        self.tables = tables
    }

    init(
        event: ByteString, plan: String, level: Int, steps: [Step], position: Position,
        tables: [CompactionAnswers.TableState]
    ) {
        self.event = event
        self.plan = plan
        self.level = level
        self.steps = steps
        self.position = position
        self.tables = tables
    }

    // MARK: The file

    /// - Returns: `nil` if there is none, or none that was written whole: nothing was switched then.
    /// - Throws: ``LogError`` if it cannot be read.
    static func load(
        _ layout: StoreLayout, _ fileSystem: any FileSystem
    ) throws(LogError) -> CompactionUnderWay? {
        try fileSystem.contents(of: layout.compacting).flatMap { Self($0) }
    }

    func begin(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        let bytes = bytes
        try LogError.unifying {
            try fileSystem.replaceFile(
                layout.compacting, with: bytes, temporary: layout.temporaryFile("COMPACTING"))
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }

    static func end(_ layout: StoreLayout, _ fileSystem: any FileSystem) throws(LogError) {
        try LogError.unifying {
            guard try fileSystem.status(layout.compacting) != nil else { return }
            try fileSystem.remove(layout.compacting)
            try fileSystem.synchronizeDirectory(layout.directory)
        }
    }
}
