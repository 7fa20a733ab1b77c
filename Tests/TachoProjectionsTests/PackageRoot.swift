import Foundation

/// The directory of `Package.swift`.
let packageRoot: String = {
    var path = URL(fileURLWithPath: #filePath)
    while path.path != "/" {
        path.deleteLastPathComponent()
        if FileManager.default.fileExists(atPath: path.path + "/Package.swift") { break }
    }
    return path.path
}()

/// One value as JSON text.
func json(_ value: Any) throws -> [UInt8] {
    try [UInt8](JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed]))
}
