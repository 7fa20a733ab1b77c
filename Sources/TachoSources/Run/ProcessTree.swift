import TachoCapture

#if os(Linux)
    import Glibc

    /// The processes of a tree, as `/proc` shows them at one moment.
    ///
    /// A process belongs to the tree if one of its parents does, or if it is of the root's process
    /// group: so one whose parent has died is still found, unless it made a group of its own.
    ///
    /// Source: proc(5), `/proc/pid/stat`, `/proc/pid/io`, `/proc/net/dev`.
    struct ProcessTree {
        struct Member {
            let id: pid_t
            let parent: pid_t
            let group: pid_t
            let processorNanoseconds: Int64
            let residentBytes: Int64
            var readBytes: Int64?
            var writtenBytes: Int64?
        }

        private(set) var members: [Member] = []

        init(under root: pid_t) {
            guard let directory = Self.open("/proc"),
                let names = SourceTree.names(in: directory.rawValue)
            else { return }
            var others: [Member] = []
            for name in names where name.first?.isASCIIDigit == true {
                guard let stat = Self.read(name + Array("/stat".utf8), in: directory.rawValue),
                    let member = Member(stat: stat)
                else { continue }
                if member.id == root || member.group == root {
                    members.append(member)
                } else {
                    others.append(member)
                }
            }
            // Parents have mostly smaller numbers, but not always: until nothing more is found.
            var ids = Set(members.map(\.id))
            var hasFound = true
            while hasFound {
                hasFound = false
                others.removeAll { other in
                    guard ids.contains(other.parent) else { return false }
                    ids.insert(other.id)
                    members.append(other)
                    hasFound = true
                    return true
                }
            }
            for index in members.indices {
                let path = Array("\(members[index].id)/io".utf8)
                guard let io = Self.read(path, in: directory.rawValue) else { continue }
                members[index].readBytes = Self.value(of: "read_bytes:", in: io)
                members[index].writtenBytes = Self.value(of: "write_bytes:", in: io)
            }
        }

        /// Bytes over all interfaces but loopback.
        static func network() -> (received: Int64, sent: Int64)? {
            guard let directory = open("/proc"),
                let text = read(Array("net/dev".utf8), in: directory.rawValue)
            else { return nil }
            var sums = (received: Int64(0), sent: Int64(0))
            for line in text.split(separator: UInt8(ascii: "\n")).dropFirst(2) {
                let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
                guard parts.count == 2 else { continue }
                let name = parts[0].filter { $0 != UInt8(ascii: " ") }
                let numbers = parts[1].split(separator: UInt8(ascii: " ")).map(number)
                guard !name.elementsEqual("lo".utf8), numbers.count > 8 else { continue }
                sums.received &+= numbers[0] ?? 0
                sums.sent &+= numbers[8] ?? 0
            }
            return sums
        }

        // MARK: Reading /proc

        private static func open(_ path: String) -> OwnedDescriptor? {
            let descriptor = withPath(Array(path.utf8)) { path in
                Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            }
            return descriptor >= 0 ? OwnedDescriptor(descriptor) : nil
        }

        /// The whole of a small file; what is longer than 64 KiB is cut off.
        private static func read(_ path: [UInt8], in directory: CInt) -> [UInt8]? {
            // `/proc/net` is a link to this process's own.
            let descriptor = withPath(path) { openat(directory, $0, O_RDONLY | O_CLOEXEC) }
            guard descriptor >= 0 else { return nil }
            let file = OwnedDescriptor(descriptor)
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            var count = 0
            while count < bytes.count {
                let found = bytes.withUnsafeMutableBytes {
                    file.readSome(into: UnsafeMutableRawBufferPointer(rebasing: $0[count...]))
                }
                guard let found else { return nil }
                if found == 0 { break }
                count += found
            }
            return Array(bytes.prefix(count))
        }

        private static func value(of name: String, in text: [UInt8]) -> Int64? {
            for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: name.utf8)
            {
                return number(line.dropFirst(name.utf8.count).drop { $0 == UInt8(ascii: " ") })
            }
            return nil
        }

        fileprivate static func number(_ text: ArraySlice<UInt8>) -> Int64? {
            Int64(String(decoding: text, as: UTF8.self))
        }
    }

    extension ProcessTree.Member {
        /// A line of `/proc/pid/stat`: `1234 (a name) S parent group …`.
        ///
        /// The name may hold anything, also spaces and parentheses: the last `)` ends it. Counted
        /// from 1 as in proc(5): 3 state, 4 parent, 5 group, 14 to 17 user and system time, own and
        /// of processes waited for, 24 resident pages.
        init?(stat: [UInt8]) {
            guard let open = stat.firstIndex(of: UInt8(ascii: "(")),
                let close = stat.lastIndex(of: UInt8(ascii: ")"))
            else { return nil }
            let fields = stat[(close + 1)...].split(separator: UInt8(ascii: " "))
            func field(_ number: Int) -> Int64? {
                fields.indices.contains(number - 3)
                    ? ProcessTree.number(fields[number - 3]) : nil
            }
            let name = stat[..<open].filter { $0 != UInt8(ascii: " ") }
            guard let id = ProcessTree.number(name[...]).flatMap(pid_t.init(exactly:)),
                let parent = field(4).flatMap(pid_t.init(exactly:)),
                let group = field(5).flatMap(pid_t.init(exactly:)), let pages = field(24)
            else { return nil }
            let ticks = (14...17).reduce(Int64(0)) { $0 &+ (field($1) ?? 0) }
            let ticksPerSecond = max(1, Int64(sysconf(CInt(_SC_CLK_TCK))))
            self.id = id
            self.parent = parent
            self.group = group
            processorNanoseconds = ticks &* (1_000_000_000 / ticksPerSecond)
            residentBytes = pages &* Int64(sysconf(CInt(_SC_PAGESIZE)))
        }
    }
#endif
