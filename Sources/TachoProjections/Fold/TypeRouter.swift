import TachoLog

/// Which projectors want an event, by its type; the answer for each type is found once.
struct TypeRouter: Sendable {
    private let inputs: [[TypePattern]]
    private var types: TextDictionary
    /// By number of the type.
    private var routes: [Route] = []

    /// Types come from the log: a hostile one could have a new type in every event.
    private static let typeLimit = 65_536

    /// Indices of projectors, ascending: a bit for each, because an array would be retained and
    /// released for each event.
    struct Route: Sequence, IteratorProtocol {
        fileprivate var bits: UInt64 = 0

        static let projectorLimit = 64

        var isEmpty: Bool { bits == 0 }

        @inline(__always)
        func contains(_ index: Int) -> Bool { bits >> UInt64(index) & 1 == 1 }

        @inline(__always)
        mutating func formUnion(_ other: Route) { bits |= other.bits }

        @inline(__always)
        mutating func next() -> Int? {
            guard bits != 0 else { return nil }
            let index = bits.trailingZeroBitCount
            bits &= bits - 1
            return index
        }
    }

    init(_ projectors: [any Projector.Type], hashSeed: UInt64?) {
        precondition(projectors.count <= Route.projectorLimit, "there are at most 64 projectors")
        inputs = projectors.map { $0.inputs }
        types = TextDictionary(seed: hashSeed ?? ByteHash.defaultSeed)
    }

    @inline(__always)
    mutating func route(of type: UnsafeRawBufferPointer) -> Route {
        let (number, isNew) = types.intern(type)
        return isNew ? addRoute(of: type) : routes[number]
    }

    private mutating func addRoute(of type: UnsafeRawBufferPointer) -> Route {
        var route = Route()
        for index in inputs.indices where inputs[index].contains(where: { $0.matches(type) }) {
            route.bits |= 1 << UInt64(index)
        }
        routes.append(route)
        if routes.count == Self.typeLimit {
            types = TextDictionary()
            routes = []
        }
        return route
    }
}
