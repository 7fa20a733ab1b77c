internal import TachoTorture

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

// libFuzzer's side of the fuzz targets: it makes the inputs by what the code does with them, while
// `tacho torture` makes them from seeds. Built and started by `tools/fuzz`.

/// What `TACHO_FUZZ_TARGET` names.
private let target: any FuzzTarget = {
    let name = getenv("TACHO_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = fuzzTargets.first(where: { $0.name == name }) else {
        let names = fuzzTargets.map(\.name).joined(separator: ", ")
        print("there is no target \"\(name)\"; there are \(names)")
        exit(64)
    }
    return target
}()

/// libFuzzer's own main, with what is called for each input.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
enum FuzzedInput {
    static func main() {
        // Before libFuzzer is there, which takes an exit for a crash.
        _ = target
        if let directory = getenv("TACHO_FUZZ_SEEDS") {
            writeSeeds(to: String(cString: directory))
        }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
            CommandLine.unsafeArgv
        let result = runFuzzer(&count, &arguments) { bytes, count in
            // libFuzzer lends `count` bytes for the time of the call; they are copied.
            let input = Array(UnsafeBufferPointer(start: bytes, count: count))
            if case .fault(let message) = target.check(target.prepare(input), planted: nil) {
                fatalError(message)
            }
            return 0
        }
        exit(result)
    }

    /// Writes good inputs, a corpus to start from.
    private static func writeSeeds(to directory: String) {
        var random = FuzzRandom(seed: 1)
        for number in 0..<64 {
            let input = target.makeInput(&random)
            guard let file = fopen("\(directory)/seed-\(number)", "wb") else { continue }
            fwrite(input, 1, input.count, file)
            fclose(file)
        }
    }
}
