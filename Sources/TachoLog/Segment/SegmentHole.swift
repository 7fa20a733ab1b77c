/// Positions of a segment whose records were lost before it was sealed.
package struct SegmentGap: Equatable, Sendable {
    package let first: Position
    package let last: Position
    /// What the chain goes on with after the gap.
    package let chainAfter: Digest256

    package init(first: Position, last: Position, chainAfter: Digest256) {
        self.first = first
        self.last = last
        self.chainAfter = chainAfter
    }
}

/// A record that was removed on purpose; its leaf stays, so that the chain still closes.
package struct SegmentErasure: Equatable, Sendable {
    package let position: Position
    package let leaf: Digest256

    package init(position: Position, leaf: Digest256) {
        self.position = position
        self.leaf = leaf
    }
}
