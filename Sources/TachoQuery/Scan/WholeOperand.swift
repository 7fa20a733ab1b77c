/// A number beside a column of whole numbers: the largest whole number not above it, and whether
/// that is the number itself.
struct WholeOperand: Equatable {
    let floor: Int64
    let isWhole: Bool
    /// Below every 64-bit number; `floor` means nothing then.
    let isBelowAll: Bool

    init(_ number: Int64) {
        floor = number
        isWhole = true
        isBelowAll = false
    }

    /// `nil` for what is not a number.
    init?(_ number: Double) {
        guard !number.isNaN else { return nil }
        let down = number.rounded(.down)
        if let exact = Int64(exactly: down) {
            floor = exact
            isWhole = down == number
            isBelowAll = false
        } else {
            floor = .max
            isWhole = false
            isBelowAll = number < 0
        }
    }

    func order(against other: WholeOperand) -> Int32 {
        if floor != other.floor { return floor < other.floor ? -1 : 1 }
        return isWhole == other.isWhole ? 0 : isWhole ? -1 : 1
    }

    /// The whole numbers of which a comparison with it holds; `nil` for none.
    func range(_ comparison: ScanPlan.Comparison) -> ClosedRange<Int64>? {
        let all = Int64.min...Int64.max
        if isBelowAll {
            switch comparison {
            case .greater, .greaterOrEqual: return all
            default: return nil
            }
        }
        switch comparison {
        case .equal, .same: return isWhole ? floor...floor : nil
        case .lessOrEqual: return Int64.min...floor
        case .less:
            guard isWhole else { return Int64.min...floor }
            return floor == .min ? nil : Int64.min...floor - 1
        case .greaterOrEqual where isWhole: return floor...Int64.max
        case .greater, .greaterOrEqual: return floor == .max ? nil : floor + 1...Int64.max
        case .notEqual, .notSame, .like, .glob, .unknown, .known: return nil
        }
    }
}
