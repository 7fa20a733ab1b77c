/// Values by key, the keys in the order in which they are first met.
struct OrderedGroups<Key: Hashable, Value> {
    private(set) var groups: [(key: Key, values: [Value])] = []
    private var indexByKey: [Key: Int] = [:]

    mutating func append(_ value: Value, to key: Key) {
        if let index = indexByKey[key] {
            groups[index].values.append(value)
        } else {
            indexByKey[key] = groups.count
            groups.append((key, [value]))
        }
    }

    /// - Returns: Groups in the order of their first elements.
    static func grouping(_ values: some Sequence<Value>, by key: (Value) -> Key) -> Self {
        var groups = Self()
        for value in values { groups.append(value, to: key(value)) }
        return groups
    }
}

extension Array {
    /// In order; those that are equal in it stay as they stand.
    func stablySorted(by isBefore: (Element, Element) -> Bool) -> [Element] {
        enumerated().sorted { left, right in
            if isBefore(left.element, right.element) { return true }
            if isBefore(right.element, left.element) { return false }
            return left.offset < right.offset
        }.map(\.element)
    }
}
