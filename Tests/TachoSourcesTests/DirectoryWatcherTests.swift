import Foundation
import TachoSources
import TestSupport
import Testing

@Suite struct DirectoryWatcherTests {
    @Test func `changes in old and new directories are told, and quiet is not`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("a/x.jsonl", "1\n")
        var watcher = try DirectoryWatcher([directory.path])

        var told = [watcher.wait(timeoutMilliseconds: 0)]
        try directory.append("a/x.jsonl", "2\n")
        told.append(watcher.wait(timeoutMilliseconds: 5000))
        told.append(watcher.wait(timeoutMilliseconds: 0))
        #expect(told == [false, true, false])

        try directory.write("b/c/y.jsonl", "1\n")
        told.append(watcher.wait(timeoutMilliseconds: 5000))
        try directory.append("b/c/y.jsonl", "2\n")
        told.append(watcher.wait(timeoutMilliseconds: 5000))
        let isComplete = watcher.isComplete
        #expect(told.suffix(2) == [true, true] && isComplete)
    }

    @Test(arguments: [true, false])
    func `a directory that is made again is watched again`(isMoved: Bool) throws {
        let directory = try TemporaryDirectory()
        try directory.write("a/x.jsonl", "1\n")
        try directory.write("b/x.jsonl", "1\n")
        var watcher = try DirectoryWatcher([directory.file("a"), directory.file("b")])
        let files = FileManager.default
        if isMoved {
            try files.moveItem(atPath: directory.file("a"), toPath: directory.file("c"))
        } else {
            try files.removeItem(atPath: directory.file("a"))
        }
        _ = watcher.wait(timeoutMilliseconds: 5000)
        let isComplete = watcher.isComplete

        try directory.write("a/y.jsonl", "1\n")
        while !watcher.isComplete { _ = watcher.wait(timeoutMilliseconds: 10) }
        try directory.append("a/y.jsonl", "2\n")
        let isTold = watcher.wait(timeoutMilliseconds: 5000)

        #expect(!isComplete && isTold)
    }

    @Test func `a directory that is not there cannot be watched`() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: (any Error).self) { _ = try DirectoryWatcher([directory.file("nothing")]) }
    }
}
