/// Paths as text, whatever is there.
enum PathText {
    /// Without `.`, `..`, and slashes that say nothing.
    static func normalized(_ path: String) -> String {
        let slash = UInt8(ascii: "/")
        var names = [Substring]()
        for name in path.utf8.split(separator: slash).map(Substring.init) {
            switch name {
            case ".": continue
            case "..": _ = names.popLast()
            default: names.append(name)
            }
        }
        return (path.utf8.first == slash ? "/" : "") + names.joined(separator: "/")
    }
}
