import TachoCapture
import TachoJSON

/// A message inside a request, in either encoding; it lends the request's bytes.
enum OTLPNode {
    case json(JSONView)
    /// The message's bytes; of several the fields count as of one message.
    case wire([UnsafeRawBufferPointer])

    /// The messages of a repeated field, as far as they can be read.
    struct Children {
        var whole: [OTLPNode] = []
        /// The last one, whose end is missing.
        var cutOff: OTLPNode?
        /// Why there are no more.
        var fault: OTLPFault?
    }

    func children(_ number: UInt64, _ jsonName: StaticString) -> Children {
        var children = Children()
        switch self {
        case .json(let object):
            do throws(OTLPFault) {
                for element in try OTLPJSONWriter.elements(of: object[jsonName]) {
                    children.whole.append(.json(element))
                }
            } catch {
                children.fault = error
            }
        case .wire(let parts):
            for part in parts {
                var wire = OTLPWire(part)
                do throws(OTLPFault) {
                    while let field = try wire.next() {
                        guard field.number == number else { continue }
                        guard case .bytes(let bytes) = field.value else { throw .wrongKind }
                        children.whole.append(.wire([bytes]))
                    }
                } catch {
                    children.fault = error
                    if let cut = wire.cutOff(), cut.number == number {
                        children.cutOff = .wire([cut.rest])
                    }
                }
            }
        }
        return children
    }

    /// The message of a field that is there once; `nil` if it is not.
    func child(_ number: UInt64, _ jsonName: StaticString) throws(OTLPFault) -> OTLPNode? {
        switch self {
        case .json(let object):
            guard let value = object[jsonName], !value.isNull else { return nil }
            guard value.kind == .object else { throw .wrongKind }
            return .json(value)
        case .wire:
            let parts = children(number, jsonName).whole
            var bytes: [UnsafeRawBufferPointer] = []
            for case .wire(let part) in parts { bytes.append(contentsOf: part) }
            return parts.isEmpty ? nil : .wire(bytes)
        }
    }

    func writeMembers(_ fields: [OTLPField], to writer: inout JSONWriter) throws(OTLPFault) {
        switch self {
        case .json(let object): try OTLPJSONWriter.writeMembers(of: object, fields, to: &writer)
        case .wire(let parts): try OTLPWireWriter.writeMembers(of: parts, fields, to: &writer)
        }
    }

    /// As ``writeMembers(_:to:)``; of a message that is cut off, the members before the cut.
    func writeReadableMembers(
        _ fields: [OTLPField], to writer: inout JSONWriter
    ) throws(OTLPFault) {
        guard case .wire(let parts) = self else { return try writeMembers(fields, to: &writer) }
        try OTLPWireWriter.writeMembers(
            of: parts.map { part in
                var wire = OTLPWire(part)
                while (try? wire.next()) != nil {}  // Up to the fault, which is told elsewhere.
                return UnsafeRawBufferPointer(rebasing: part[..<wire.offset])
            }, fields, to: &writer)
    }

    /// For the quarantine.
    var bytes: UnsafeRawBufferPointer {
        switch self {
        case .json(let value): value.bytes
        case .wire(let parts): parts.last ?? UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }
}
