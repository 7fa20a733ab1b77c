/// How far two words are apart.
enum Spelling {
    /// Insertions, deletions, and replacements of characters (Levenshtein).
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right.unicodeScalars.prefix(64))
        var row = Array(0...right.count)
        for (leftIndex, leftScalar) in left.unicodeScalars.prefix(64).enumerated() {
            var diagonal = row[0]
            row[0] = leftIndex + 1
            for (rightIndex, rightScalar) in right.enumerated() {
                let replaced = diagonal + (leftScalar == rightScalar ? 0 : 1)
                diagonal = row[rightIndex + 1]
                row[rightIndex + 1] = min(replaced, row[rightIndex] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }

    /// The word of these that was probably meant.
    static func nearest(to word: String, in words: [String]) -> String? {
        if let longer = words.first(where: { $0.hasPrefix(word) }) { return longer }
        let nearest = words.map { ($0, distance(word, $0)) }.min { $0.1 < $1.1 }
        guard let (name, distance) = nearest, distance <= max(2, word.count / 3) else {
            return nil
        }
        return name
    }
}
