import Foundation
import TachoLog
import TachoSimulation
import TestSupport
import Testing

struct ResolvedPathTests {
    @Test(arguments: [
        ("/a//b/./c/", "/a/b/c"), ("/a/../../b", "/b"), ("a/../b", "b"), ("/", "/"), ("", ""),
        ("./a/..", ""), ("/a/e\u{301}/", "/a/e\u{301}"),
    ])
    func `without links a path is resolved by its text`(_ path: String, _ resolved: String) {
        #expect(SimulatedFileSystem(seed: 1).resolved(path) == resolved)
    }

    @Test func `links are followed, also above what is not there`() throws {
        let home = try TemporaryDirectory()
        let files = RealFileSystem()
        try files.createDirectory(home.file("store/log"))
        let paths = FileManager.default
        try paths.createSymbolicLink(
            atPath: home.file("link"), withDestinationPath: home.file("store"))
        try paths.createSymbolicLink(atPath: home.file("lost"), withDestinationPath: "/nowhere/a")
        let store = files.resolved(home.file("store"))

        #expect(files.resolved(home.file("link/log/")) == store + "/log")
        #expect(files.resolved(home.file("link/new/er")) == store + "/new/er")
        #expect(files.resolved(home.file("new/../store/log/..")) == store)
        #expect(files.resolved(home.file("new/../link/log/..")) == store)
        #expect(files.resolved(home.file("lost/a")).hasSuffix("/lost/a"))
        #expect(files.resolved("/") == "/")
        #expect(files.resolved("/nowhere") == "/nowhere")
        let here = paths.currentDirectoryPath
        #expect(files.resolved("nowhere") == files.resolved(here + "/nowhere"))
    }

    @Test func `a link to an empty directory is a place for a store`() throws {
        let home = try TemporaryDirectory()
        try RealFileSystem().createDirectory(home.file("other disk/store"))
        try FileManager.default.createSymbolicLink(
            atPath: home.file("store"), withDestinationPath: "other disk/store")

        var log = try LogWriter.open(home.file("store"))
        _ = try log.append([.numbered(1)])
        try log.close()

        #expect(try LogReader.open(home.file("other disk/store")).numbers() == [1])
        try FileManager.default.createSymbolicLink(
            atPath: home.file("lost"), withDestinationPath: "nowhere")
        #expect(throws: LogError.self) { _ = try LogWriter.open(home.file("lost")) }
    }
}
