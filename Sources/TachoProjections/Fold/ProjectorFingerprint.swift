import TachoEvents
package import TachoLog

extension Projector {
    /// SHA-256 over everything declared that decides what the same log folds to.
    ///
    /// A snapshot is used only by the projector that could have made it.
    package static var fingerprint: Digest256 {
        var text = Array("tacho projection \(TableFormat.version)\n\(name)\n\(version)\n".utf8)
        for input in inputs { text += Array("\(input)\n".utf8) }
        for upcaster in upcasters {
            text += Array(
                "upcast \(upcaster.type) \(upcaster.version) \(upcaster.revision)\n".utf8)
        }
        text += schema.canonicalDescription
        return SHA256.hash(text)
    }
}
