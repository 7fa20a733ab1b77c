package import TachoJSON
package import TachoLog

/// Makes the data of one version of a type into that of the next.
///
/// The log keeps what was written; when a type gets another shape, its new events say so in their
/// `version`, and an upcaster tells how the old ones are to be read. Projectors know the newest shape
/// only.
///
/// ```swift
/// Upcaster(from: 1, of: "phase.completed") { data in
///     var writer = JSONWriter()
///     …                               // `duration` in seconds becomes `duration_ms`
///     return writer.bytes
/// }
/// ```
package struct Upcaster: Sendable {
    /// Exactly one, or all with a prefix that are written alike.
    package let type: TypePattern
    /// What it reads; what it makes is of the version behind it.
    package let version: Int
    /// Raised when it makes something else of the same data: tables are then folded anew.
    package let revision: Int
    /// From the data to the data, a function of the bytes alone.
    ///
    /// It throws for data that is not what its version promises.
    package let convert: @Sendable (JSONView) throws(UpcastError) -> [UInt8]

    package init(
        from version: Int, of type: TypePattern, revision: Int = 1,
        _ convert: @escaping @Sendable (JSONView) throws(UpcastError) -> [UInt8]
    ) {
        precondition(version >= 1, "versions count from 1")
        self.type = type
        self.version = version
        self.revision = revision
        self.convert = convert
    }

    /// All there are: none so far, every type is at version 1.
    package static let all: [Upcaster] = []
}

/// Why an event cannot be given the newest shape of its type.
package enum UpcastError: Error, Hashable, Sendable {
    /// The member is missing or is not what the version promises.
    case unexpected(_ member: String)
    /// A version that nobody here knows: a newer program wrote it.
    case newer(_ version: Int)
}

extension [Upcaster] {
    /// The version that readers know of a type, given that these are all of its upcasters.
    package func newestVersion(of type: UnsafeRawBufferPointer) -> Int {
        reduce(1) { $1.type.matches(type) ? Swift.max($0, $1.version + 1) : $0 }
    }

    /// Lends an event as its newest version would have been written.
    ///
    /// - Throws: ``UpcastError``; `body` was not called then.
    /// - Complexity: O(1) for an event of the newest version, else O(bytes of its data) for each
    ///   step.
    package func withNewest(_ event: Event, _ body: (Event) -> Void) throws(UpcastError) {
        let newest = newestVersion(of: event.type)
        guard event.version <= newest else { throw .newer(event.version) }
        guard event.version < newest else { return body(event) }
        var data = [UInt8](event.record.data)
        for version in event.version..<newest {
            // A step without an upcaster changed nothing that is read.
            let step = first { $0.version == version && $0.type.matches(event.type) }
            guard let step else { continue }
            var failure: UpcastError?
            data = data.withUnsafeBytes { bytes in
                do throws(UpcastError) {
                    return try step.convert(JSONView(validated: bytes))
                } catch {
                    failure = error
                    return []
                }
            }
            if let failure { throw failure }
        }
        data.withUnsafeBytes { data in
            Event.withEvent(of: event.record.saying(data, version: newest), body)
        }
    }
}
