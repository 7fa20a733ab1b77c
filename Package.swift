// swift-tools-version: 6.2
import PackageDescription

// One set of rules for every target of ours (see the README's map for what each is about).
var settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

// `tools/fuzz` sets this: everything is built for libFuzzer then, which needs flags of its own.
let isFuzzing = Context.environment["TACHO_FUZZ"] != nil
if isFuzzing { settings.append(.unsafeFlags(["-sanitize=fuzzer", "-parse-as-library"])) }

// `tools/test` sets this: a sanitizer has to get between a program and the system's allocator, for
// which the programs are not linked statically.
let isSanitized = Context.environment["TACHO_SANITIZER"] != nil

// With its whole path: a link is made from wherever the build is started.
let hookOrder = Context.packageDirectory + "/Sources/TachoHook/link-order.txt"
// `tools/hook-order` reads the symbols of a hook that is otherwise stripped.
let hookStripping = Context.environment["TACHO_HOOK_SYMBOLS"] == nil ? "-s" : "-S"

let package = Package(
    name: "tacho",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "tacho", targets: ["tacho"]),
        .executable(name: "tacho-hook", targets: ["tacho-hook"]),
        .library(name: "TachoJSON", targets: ["TachoJSON"]),
        .library(name: "TachoLog", targets: ["TachoLog"]),
        .library(name: "TachoRecorder", targets: ["TachoRecorder"]),
    ],
    dependencies: [
        // Argument parsing, help and completions of `tacho`; the hook and the libraries do without.
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // System libraries: a module map each.
        .systemLibrary(
            name: "CLZ4", pkgConfig: "liblz4",
            providers: [.apt(["liblz4-dev"]), .brew(["lz4"])]),
        // For snapshots alone: what only records, the hook and the libraries, links LZ4.
        .systemLibrary(
            name: "CZstd", pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
        // HTTP, TLS, and the signatures of S3, for archives in buckets: libcurl, when it is needed.
        .target(name: "CCurl"),
        // SQLite: SQL over the tables, and files of them.
        .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        // CRC-32C and SHA-256 with the processor's own instructions, which Swift cannot name.
        .target(name: "CChecksum"),
        // Bytes on their way to the disk without waiting, a call that Swift does not see.
        .target(name: "CFiles"),
        // A setting of the C library's allocator, which Swift cannot reach.
        .target(name: "CMemory"),
        // What the runtime need not do before a hook's process begins.
        .target(name: "CHookStart"),
        // Blocks of LZ4, but for their ends, faster than the library does on lines of events.
        .target(name: "CLZ4Start"),
        // Sixteen bytes compared at once, and the result as bits, which Swift cannot name either.
        .target(name: "CScan"),

        .target(name: "TachoJSON", dependencies: ["CScan"], swiftSettings: settings),
        .target(
            name: "TachoLog",
            dependencies: ["CChecksum", "CFiles", "CLZ4", "CLZ4Start", "CScan", "TachoJSON"],
            swiftSettings: settings),
        .target(
            name: "TachoSimulation", dependencies: ["TachoLog"], swiftSettings: settings),
        // The fault campaigns: what the tests run on every change, and `tacho torture` for hours.
        .target(
            name: "TachoTorture",
            dependencies: [
                "CLZ4", "TachoEvents", "TachoJSON", "TachoLog", "TachoOperations",
                "TachoProjections", "TachoSimulation",
            ],
            swiftSettings: settings),
        .target(
            name: "TachoEvents", dependencies: ["TachoJSON", "TachoLog"],
            swiftSettings: settings),
        .target(
            name: "TachoProjections",
            dependencies: ["CLZ4", "CZstd", "TachoEvents", "TachoJSON", "TachoLog"],
            swiftSettings: settings),
        .target(
            name: "TachoInsights",
            dependencies: ["TachoEvents", "TachoJSON", "TachoLog", "TachoProjections"],
            swiftSettings: settings),
        // One event out of a running program: all that `tacho-hook` is made of, so it stays small.
        .target(
            name: "TachoCapture", dependencies: ["TachoJSON", "TachoLog"],
            swiftSettings: settings),
        .target(
            name: "TachoSources",
            dependencies: ["CLZ4", "TachoCapture", "TachoEvents", "TachoJSON", "TachoLog"],
            swiftSettings: settings),
        // What an operator does to a store: compact, archive, expire, erase, back up, restore.
        .target(
            name: "TachoOperations",
            dependencies: ["TachoEvents", "TachoJSON", "TachoLog", "TachoProjections"],
            swiftSettings: settings),
        // Where archives are: a directory, or a bucket. Apart, so that only `tacho` links curl.
        .target(
            name: "TachoStorage", dependencies: ["CCurl", "TachoLog"], swiftSettings: settings),
        // SQL over the tables, and export of them.
        .target(
            name: "TachoQuery",
            dependencies: ["CSQLite", "TachoJSON", "TachoLog", "TachoProjections"],
            swiftSettings: settings),
        // For programs that want to be recorded: one import, and nothing of ours in their way.
        .target(
            name: "TachoRecorder", dependencies: ["TachoCapture", "TachoJSON", "TachoLog"],
            swiftSettings: settings),
        .executableTarget(
            name: "tacho",
            dependencies: [
                "CMemory", "TachoCapture", "TachoEvents", "TachoInsights", "TachoJSON", "TachoLog",
                "TachoOperations", "TachoProjections", "TachoQuery", "TachoSources", "TachoStorage",
                "TachoTorture",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/TachoCLI",
            swiftSettings: settings,
            // Loading Swift's libraries would take longer than most commands do.
            linkerSettings: isSanitized
                ? []
                : [
                    .unsafeFlags(
                        ["-static-stdlib", "-l_FoundationCollections", "-l_FoundationCShims"],
                        .when(platforms: [.linux], configuration: .release))
                ]),
        // A process for each hook call: static and without Foundation, because starting is its cost.
        .executableTarget(
            name: "tacho-hook",
            dependencies: ["CHookStart", "TachoCapture"],
            path: "Sources/TachoHook",
            exclude: ["link-order.txt"],
            swiftSettings: settings,
            // The functions that a call runs lie side by side; which these are: `tools/hook-order`.
            linkerSettings: isSanitized
                ? []
                : [
                    .unsafeFlags(
                        [
                            "-static-executable", "-use-ld=lld", "-Xlinker", hookStripping,
                            "-Xlinker", "--symbol-ordering-file=\(hookOrder)",
                            "-Xlinker", "--no-warn-symbol-ordering",
                        ],
                        .when(platforms: [.linux], configuration: .release))
                ]),

        .target(
            name: "TestSupport", dependencies: ["TachoEvents", "TachoLog"],
            path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "TachoJSONTests", dependencies: ["TachoJSON", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "TachoLogTests",
            dependencies: [
                "CChecksum", "CLZ4", "CLZ4Start", "TachoJSON", "TachoLog", "TachoSimulation",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TachoEventsTests",
            dependencies: ["TachoEvents", "TachoJSON", "TachoLog", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "TachoProjectionsTests",
            dependencies: [
                "TachoEvents", "TachoJSON", "TachoLog", "TachoProjections", "TachoSimulation",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TachoInsightsTests",
            dependencies: [
                "TachoCapture", "TachoEvents", "TachoInsights", "TachoJSON", "TachoLog",
                "TachoProjections", "TachoSources", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TachoSourcesTests",
            dependencies: [
                "CLZ4", "TachoCapture", "TachoEvents", "TachoJSON", "TachoLog", "TachoSources",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TachoOperationsTests",
            dependencies: [
                "TachoEvents", "TachoJSON", "TachoLog", "TachoOperations", "TachoProjections",
                "TachoSimulation", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TachoStorageTests",
            dependencies: ["TachoLog", "TachoOperations", "TachoStorage", "TestSupport"],
            exclude: ["hostile_server.py"],
            swiftSettings: settings),
        .testTarget(
            name: "TachoQueryTests",
            dependencies: [
                "CSQLite", "TachoEvents", "TachoJSON", "TachoLog", "TachoProjections", "TachoQuery",
                "TachoSources", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "TachoRecorderTests",
            dependencies: [
                "TachoCapture", "TachoLog", "TachoProjections", "TachoRecorder", "TachoSources",
                "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "Faults",
            dependencies: ["TachoLog", "TachoSimulation", "TachoTorture", "TestSupport"],
            exclude: ["seeds.txt"], swiftSettings: settings),
        .testTarget(
            name: "EndToEnd",
            dependencies: [
                "TachoJSON", "TachoLog", "TachoProjections", "TachoSources", "TestSupport",
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

if isFuzzing {
    package.targets.append(
        .executableTarget(
            name: "tacho-fuzz", dependencies: ["TachoTorture"], path: "Sources/TachoFuzz",
            swiftSettings: settings,
            // gold gives up on the instrumented objects.
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]))
}
