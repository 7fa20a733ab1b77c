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
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }

    /// A variable that is set to something.
    package static func environment(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    package static var currentDirectory: String? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    private static func nearest() -> String? {
        guard var directory = currentDirectory else { return nil }
        while true {
            let candidate = (directory == "/" ? "" : directory) + "/.tacho"
            var status = stat()
            if stat(candidate, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                return candidate
            }
            guard directory != "/", let slash = directory.lastIndex(of: "/") else { return nil }
            directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
        }
    }
}

extension HookRecorder {
    /// The recorder of this process: store, workflow, and spool from its environment.
    ///
    /// - Parameter store: The store's directory, if it is named.
    package init(store: String? = nil) {
        let store = store ?? StoreDirectory.find()
        let environment = HookEnvironment(
            workflowID: StoreDirectory.environment("WORKFLOW_ID").map { Array($0.utf8) },
            adwID: StoreDirectory.environment("ADW_ID").map { Array($0.utf8) },
            currentDirectory: StoreDirectory.currentDirectory.map { Array($0.utf8) })
        let spool = Spool(
            SpoolDirectory.candidates(
                store: store, spool: StoreDirectory.environment("TACHO_SPOOL"),
                stateHome: StoreDirectory.environment("XDG_STATE_HOME"),
                home: StoreDirectory.environment("HOME")))
        self.init(store: store, environment: environment, spool: spool)
        secrets = .ofEnvironment
    }
}
