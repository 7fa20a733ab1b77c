/// Which of the open containers are objects: one bit each, at most ``JSON/maximumDepth`` of them.
///
/// The innermost 64 are in one register; each time 64 more open, it is put aside.
struct JSONContainerStack {
    private(set) var depth = 0
    private var innermost: UInt64 = 0
    private var aside = SIMD8<UInt64>()

    /// - Returns: `false` if that many are open already; the stack is then unchanged.
    @inline(__always)
    mutating func push(isObject: Bool) -> Bool {
        guard depth < JSON.maximumDepth else { return false }
        if depth & 63 == 0, depth > 0 { aside[depth &>> 6 &- 1] = innermost }
        innermost = innermost &<< 1 | (isObject ? 1 : 0)
        depth &+= 1
        return true
    }

    /// - Precondition: `depth` is above 0.
    @inline(__always)
    mutating func pop() {
        depth &-= 1
        innermost &>>= 1
        if depth & 63 == 0, depth > 0 { innermost = aside[depth &>> 6 &- 1] }
    }

    /// Whether the innermost container is an object.
    @inline(__always)
    var isObject: Bool { innermost & 1 == 1 }
}
