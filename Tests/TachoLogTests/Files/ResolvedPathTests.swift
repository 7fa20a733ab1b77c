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
}
