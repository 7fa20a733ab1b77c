#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which store is meant when nobody names one.
package enum StoreDirectory {
    /// `TACHO_STORE`, else the nearest `.tacho/` from the working directory upwards, else the data
    /// directory of the user (XDG Base Directory Specification 0.8).
    package static func find() -> String {
        if let directory = environment("TACHO_STORE") { return withoutSlash(directory) }
        if let directory = nearest() { return directory }
        if let data = environment("XDG_DATA_HOME"), data.hasPrefix("/") { return data + "/tacho" }
        return (environment("HOME") ?? ".") + "/.local/share/tacho"
    }

    package static func withoutSlash(_ path: String) -> String {
        var path = path
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
        return path
    }

    /// The same path from the root on: a spooled event is read from another directory.
    package static func absolute(_ path: String) -> String {
        guard path.utf8.first != UInt8(ascii: "/"), let directory = currentDirectory else {
            return path
        }
        var rest = path[...]
        while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
        return directory + "/" + rest
    }

    /// Whether two paths name one directory: as text, or after links and `..` are followed.
    package static func areSame(_ first: String, _ second: String) -> Bool {
        let paths = (absolute(first), absolute(second))
        if paths.0 == paths.1 { return true }
        guard let resolved = realpath(paths.0, nil) else { return false }
        defer { free(resolved) }
        guard let other = realpath(paths.1, nil) else { return false }
        defer { free(other) }
        return strcmp(resolved, other) == 0
    }

    /// A variable that is set to something.
    package static func environment(_ name: StaticString) -> String? {
        environmentBytes(name).map { String(decoding: $0, as: UTF8.self) }
    }

    package static func environmentBytes(_ name: StaticString) -> [UInt8]? {
        // A static string in a program ends with a zero byte.
        let value = name.withUTF8Buffer { name in
            name.withMemoryRebound(to: CChar.self) { $0.baseAddress.flatMap { getenv($0) } }
        }
        guard let value, value.pointee != 0 else { return nil }
        return bytes(value)
    }

    package static var currentDirectory: String? {
        currentDirectoryBytes.map { String(decoding: $0, as: UTF8.self) }
    }

    package static var currentDirectoryBytes: [UInt8]? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return bytes(path)
    }

    private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
        Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
    }

    private static func nearest() -> String? {
        // By bytes: a path is no text, and to look for its characters costs a hook's process more
        // than all it looks up.
        guard let path = currentDirectoryBytes else { return nil }
        var end = path.count
        while true {
            while end > 0, path[end - 1] == UInt8(ascii: "/") { end -= 1 }
            let candidate = Array(path[..<end]) + "/.tacho".utf8
            var status = stat()
            if withPath(candidate, { stat($0, &status) }) == 0, status.st_mode & S_IFMT == S_IFDIR {
                return String(decoding: candidate, as: UTF8.self)
            }
            guard end > 0 else { return nil }
            while end > 0, path[end - 1] != UInt8(ascii: "/") { end -= 1 }
        }
    }
}

extension HookRecorder {
    /// The recorder of this process: store, workflow, and spool from its environment.
    ///
    /// - Parameter store: The store's directory, if it is named.
    package init(store: String? = nil) {
        self.init(store: store ?? StoreDirectory.find(), environment: .current)
        secrets = .ofEnvironment
    }
}
