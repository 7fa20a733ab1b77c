internal import TachoLog

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What campaigns with real processes and disks need to know of the machine.
package struct TortureMachine: Sendable {
    /// The program `tacho`, which is its own writer: `tacho torture-writer`.
    package let program: String
    /// Stores are made in there and removed again.
    package let directory: String

    package init(program: String, directory: String) {
        self.program = program
        self.directory = directory
    }

    /// Of this process.
    package static var runningProgram: String {
        guard let path = realpath("/proc/self/exe", nil) else { return CommandLine.arguments[0] }
        defer { free(path) }
        return String(cString: path)
    }

    package static var processorCount: Int {
        max(1, Int(sysconf(CInt(_SC_NPROCESSORS_ONLN))))
    }

    /// Removes a store that a campaign has made; what cannot be removed stays.
    static func removeTree(_ path: String) {
        let files = RealFileSystem()
        for name in (try? files.list(path)) ?? [] {
            let inner = "\(path)/\(name)"
            if (try? files.status(inner))?.isDirectory == true {
                removeTree(inner)
            } else {
                try? files.remove(inner)
            }
        }
        rmdir(path)
    }
}
