#if os(Linux)
    import Foundation
    import TachoLog
    import TestSupport
    import Testing

    /// The real program on a real file system whose calls fail one after the other.
    ///
    /// `tools/faults/failing_calls.c` is preloaded and lets call N fail, once or from there on, for
    /// N from 1 until a run no longer meets it.
    @Suite struct SystemCallTests {
        private static let errors: [Int32] = [EIO, ENOSPC, EMFILE, EROFS, EACCES, EDQUOT]

        private static let library: String = {
            let target = FileManager.default.temporaryDirectory
                .appendingPathComponent("tacho-failing-calls-\(getpid()).so").path
            let compiler = Process()
            compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            compiler.arguments = [
                "clang", "-O1", "-shared", "-fPIC", "-o", target,
                SampleData.packageRoot + "/tools/faults/failing_calls.c", "-ldl",
            ]
            try? compiler.run()
            compiler.waitUntilExit()
            return target
        }()

        private func program(
            call: Int, _ error: Int32, forever: Bool = false, shortens: Bool = false
        ) throws -> Program {
            #expect(FileManager.default.fileExists(atPath: Self.library))
            var program = try Program()
            program.environment = [
                "LD_PRELOAD": Self.library, "FAIL_DIR": program.store, "FAIL_CALL": "\(call)",
                "FAIL_ERRNO": "\(error)", "FAIL_COUNT": program.home.file("calls"),
                "FAIL_FOREVER": forever ? "1" : "", "FAIL_SHORT": shortens ? "1" : "",
            ]
            return program
        }

        /// Without the library: the program as it is.
        private func calm(_ program: Program) -> Program {
            var program = program
            program.environment["LD_PRELOAD"] = ""
            return program
        }

        private func callCount(_ program: Program) throws -> Int {
            let text = try String(contentsOfFile: program.home.file("calls"), encoding: .utf8)
            return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }

        /// What must hold after a run, whatever failed in it.
        private func check(
            _ failing: Program, _ result: Program.Result, _ numbers: ClosedRange<Int>,
            _ what: String
        ) throws {
            #expect([0, 1, 5, 77].contains(result.status), "\(what): exit \(result.status)")
            #expect(result.status == 0 || result.errors.contains("tacho: "), "\(what): says why")
            let program = calm(failing)
            // Opening again and appending works, and nothing that was acknowledged is missing.
            let again = try program.append(["{\"n\":999}"])
            #expect(again.status == 0, "\(what): \(again.errors)")
            let found = try LogReader.open(program.store).numbers()
            if result.status == 0 {
                #expect(found == Array(numbers) + [999], "\(what): lost after exit 0")
            } else {
                let kept = found.filter { numbers.contains($0) }
                #expect(kept.isEmpty || kept == Array(numbers), "\(what): half a batch")
            }
            #expect(try program.run("verify", "--deep").status == 0, "\(what): verify")
        }

        @Test(arguments: [false, true])
        func `whichever call of an append fails, nothing acknowledged is lost`(
            forever: Bool
        ) throws {
            let lines = (1...20).map { "{\"n\":\($0)}" }
            var call = 1
            while true {
                let error = Self.errors[call % Self.errors.count]
                let failing = try program(call: call, error, forever: forever)
                let result = try failing.append(lines)
                let isUntouched = try callCount(failing) < call
                try check(failing, result, 1...20, "call \(call), error \(error)")
                if isUntouched { break }
                call += 1
            }
            print("E1-E5 append, \(forever ? "for ever" : "once"): \(call - 1) calls failed")
            #expect(call > 30)
        }

        @Test func `whichever call of sealing fails, the log is whole`() throws {
            var call = 1
            while true {
                let error = Self.errors[call % Self.errors.count]
                let failing = try program(call: call, error)
                try calm(failing).append((1...50).map { "{\"n\":\($0)}" })
                let result = try failing.run("seal")
                let isUntouched = try callCount(failing) < call
                #expect([0, 1, 5, 77].contains(result.status), "call \(call): \(result.status)")
                #expect(
                    try LogReader.open(failing.store).numbers() == Array(1...50), "call \(call)")
                #expect(try calm(failing).run("seal").status == 0, "call \(call)")
                #expect(try calm(failing).run("verify", "--deep").status == 0, "call \(call)")
                if isUntouched { break }
                call += 1
            }
            print("E1-E5 seal: \(call - 1) calls failed")
            #expect(call > 40)
        }

        @Test func `whichever read fails, the error is told and nothing is changed`() throws {
            var call = 1
            while true {
                let failing = try program(call: call, EIO)
                try calm(failing).append((1...5).map { "{\"n\":\($0)}" })
                _ = try calm(failing).run("seal")
                try calm(failing).append(["{\"n\":6}"])
                let result = try failing.run("cat")
                let isUntouched = try callCount(failing) < call
                #expect([0, 1, 5].contains(result.status), "call \(call): \(result.status)")
                #expect(try LogReader.open(failing.store).numbers() == Array(1...6), "call \(call)")
                if result.status == 0 {
                    #expect(result.lines.count == 6, "call \(call)")
                } else {
                    #expect(result.errors.contains(failing.store), "call \(call): names the file")
                }
                if isUntouched { break }
                call += 1
            }
            print("E2 cat: \(call - 1) calls failed")
            #expect(call > 10)
        }

        @Test func `an interrupted call is made again`() throws {
            let failing = try program(call: 0, EINTR)
            try calm(failing).append(["{\"n\":0}"])
            _ = try failing.append(["{\"n\":0}"])
            let calls = try callCount(failing)
            for call in 1...calls {
                let failing = try program(call: call, EINTR)
                try calm(failing).append(["{\"n\":0}"])
                let result = try failing.append((1...3).map { "{\"n\":\($0)}" })
                // A sync is never made again; changes of names are not interrupted by signals.
                let isOnce = ["synchronize", "rename", "link", "remove", "create directory"]
                    .contains { result.errors.contains("cannot \($0)") }
                #expect(result.status == 0 || isOnce, "call \(call): \(result.errors)")
                guard result.status == 0 else { continue }
                let numbers = try LogReader.open(failing.store).numbers()
                #expect(numbers == [0, 1, 2, 3], "call \(call)")
            }
        }

        @Test func `short writes do no harm to a real file`() throws {
            let failing = try program(call: 0, EIO, shortens: true)
            let result = try failing.append((1...500).map { "{\"n\":\($0)}" })
            #expect(result.status == 0)
            #expect(try failing.run("seal").status == 0)
            #expect(try LogReader.open(failing.store).numbers() == Array(1...500))
            #expect(try calm(failing).run("verify", "--deep").status == 0)
        }

        private static let canMount: Bool = {
            guard let directory = try? TemporaryDirectory() else { return false }  // Nowhere to.
            let canMount = shell("mount -t tmpfs -o size=2m tmpfs \(directory.path)")
            return canMount && shell("umount \(directory.path)")
        }()

        /// A file system of 2 MiB.
        @Test(.enabled(if: canMount, "needs the right to mount a file system"))
        func `a really full disk is told, reads go on, and appends resume`() throws {
            let program = try Program()
            let disk = program.home.file("disk")
            try FileManager.default.createDirectory(
                atPath: disk, withIntermediateDirectories: true)
            try #require(Self.shell("mount -t tmpfs -o size=2m tmpfs \(disk)"))
            defer { _ = Self.shell("umount \(disk)") }
            var small = program
            small.environment["TACHO_STORE"] = disk + "/store"
            let line = "{\"text\":\"\(String(repeating: "x", count: 40_000))\"}"

            var acknowledged = 0
            var result = try small.append([line])
            while result.status == 0, acknowledged < 100 {
                acknowledged += 1
                result = try small.append([line])
            }

            #expect(result.status == 1)
            #expect(result.errors.contains("No space left"))
            #expect(acknowledged > 10)
            #expect(try small.run("cat").lines.count == acknowledged)
            #expect(try small.run("verify", "--deep").status == 0)
            // An agent is not told: its event goes to the spool or is counted as dropped.
            #expect(try small.run("hook", input: Data("{}".utf8)).status == 0)
            #expect(Self.shell("mount -o remount,size=8m \(disk)"))
            #expect(try small.append([line]).status == 0)
            #expect(try small.run("cat").lines.count >= acknowledged + 1)
        }

        private static func shell(_ command: String) -> Bool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/sh")
            process.arguments = ["-c", command]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }
#endif
