// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that what only measures stays out of the product. It uses the public
// interfaces of TachoLog and TachoJSON and nothing else, as any other program would.
let package = Package(
    name: "tacho-bench",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "tacho", path: "../..")],
    targets: [
        .executableTarget(
            name: "tacho-bench",
            dependencies: [
                .product(name: "TachoJSON", package: "tacho"),
                .product(name: "TachoLog", package: "tacho"),
            ],
            path: "Sources/TachoBench",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .treatAllWarnings(as: .error),
            ])
    ],
    swiftLanguageModes: [.v6]
)
