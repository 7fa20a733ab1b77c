import ArgumentParser

/// How much of a long list is shown.
struct RowLimit: ParsableArguments {
    @Option(name: .customLong("limit"), help: "At most so many; 0 is all.")
    var count = 20

    func validate() throws {
        if count < 0 { throw ValidationError("--limit is not negative.") }
    }

    /// The first of them, as many as are wanted.
    func shown<Element>(of all: [Element]) -> [Element] {
        count == 0 ? all : Array(all.prefix(count))
    }

    /// What to say of the others; `nil` if there are none.
    func warning<Element>(of all: [Element]) -> String? {
        let left = all.count - shown(of: all).count
        return left == 0 ? nil : "\(left) more; --limit 0 shows all"
    }
}
