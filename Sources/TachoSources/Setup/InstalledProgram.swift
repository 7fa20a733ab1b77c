import TachoCapture

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where programs of ours lie.
package enum InstalledProgram {
    /// The absolute path of a program: beside the running one, else on `PATH`.
    package static func path(_ name: String) -> String? {
        if let own = own() {
            let directory = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
            let candidate = directory + "/" + name
            if isExecutable(candidate) { return candidate }
        }
        for directory in (StoreDirectory.environment("PATH") ?? "").split(separator: ":")
        where directory.hasPrefix("/") {
            let candidate = directory + "/" + name
            if isExecutable(String(candidate)) { return String(candidate) }
        }
        return nil
    }

    /// A program that somebody has named, by its absolute path; `nil` if it is none.
    ///
    /// Links stay as they are: one may be there to be pointed at a newer version.
    package static func absolute(_ name: String) -> String? {
        let path = name.hasPrefix("/") ? name : (StoreDirectory.currentDirectory ?? "") + "/" + name
        return isExecutable(path) ? path : nil
    }

    /// Of this process.
    private static func own() -> String? {
        #if canImport(Glibc)
            let name = "/proc/self/exe"
        #else
            var byteCount: UInt32 = 4096
            var buffer = [CChar](repeating: 0, count: Int(byteCount))
            guard _NSGetExecutablePath(&buffer, &byteCount) == 0 else { return nil }
            let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        #endif
        guard let path = realpath(name, nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    private static func isExecutable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
            && access(path, X_OK) == 0
    }
}
