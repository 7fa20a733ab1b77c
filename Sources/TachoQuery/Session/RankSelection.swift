extension Array where Element: Comparable {
    /// The element that would be at `rank` after sorting; the order is lost.
    ///
    /// - Complexity: O(`count`) on average.
    ///
    /// Source: Hoare 1961 (quickselect).
    @inlinable
    package mutating func element(ofRank rank: Int) -> Element {
        withUnsafeMutableBufferPointer { elements in
            var low = 0
            var high = elements.count - 1
            while low < high {
                let pivot = elements[(low + high) / 2]
                var left = low
                var right = high
                while left <= right {
                    while elements[left] < pivot { left += 1 }
                    while elements[right] > pivot { right -= 1 }
                    guard left <= right else { break }
                    elements.swapAt(left, right)
                    left += 1
                    right -= 1
                }
                if rank <= right {
                    high = right
                } else if rank >= left {
                    low = left
                } else {
                    break
                }
            }
            return elements[rank]
        }
    }
}
