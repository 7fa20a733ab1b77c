/// Comma-separated values: RFC 4180, but with a plain newline, as every tool here reads and writes it.
package enum CSV {
    package static func line(_ values: [String]) -> String {
        values.map(quoted).joined(separator: ",") + "\n"
    }

    private static func quoted(_ value: String) -> String {
        guard value.utf8.contains(where: { ",\"\n\r".utf8.contains($0) }) else { return value }
        var text = "\""
        for scalar in value.unicodeScalars {
            if scalar == "\"" { text += "\"" }
            text.unicodeScalars.append(scalar)
        }
        return text + "\""
    }
}
