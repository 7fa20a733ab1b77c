import TachoCapture

/// Why a settings file was left as it is.
package enum SettingsError: Error, Hashable, Sendable {
    /// It is no JSON object; comments are not JSON either.
    case brokenJSON(line: Int, offset: Int, reason: String)
    /// A key stands there twice, so that it is not clear which one counts.
    case ambiguous(path: String)
    /// A member is of another kind than the agent takes.
    case unexpectedKind(path: String, expected: String)
    /// The name is a symbolic link; what it points to may be shared. `target` is that, if it is there.
    case symbolicLink(file: String, target: String?)
    case notAFile(file: String)
    case readOnly(file: String)
    case tooLarge(file: String, byteCount: Int)
    /// Somebody has written it in the meantime.
    case changed(file: String)
    /// A call of the system failed.
    case system(file: String, errno: CInt)
    /// A directory for a plugin has something in it.
    case notEmpty(directory: String)
    /// A program that hooks should start is not there.
    case noProgram(String)
}

extension SettingsError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .brokenJSON(let line, let offset, let reason):
            "the settings are not JSON: \(reason), in line \(line) (byte \(offset)). Nothing was "
                + "written; put it right and try again"
        case .ambiguous(let path):
            "the settings have \"\(path)\" twice. Nothing was written; keep one of them"
        case .unexpectedKind(let path, let expected):
            "\"\(path)\" in the settings is not \(expected). Nothing was written"
        case .symbolicLink(let file, let target):
            "\(file) is a symbolic link. Nothing was written; name what it points to: --settings "
                + (target ?? "FILE")
        case .notAFile(let file): "\(file) is not a file. Nothing was written"
        case .readOnly(let file): "\(file) is read-only. Nothing was written"
        case .tooLarge(let file, let byteCount):
            "\(file) has \(byteCount) bytes, which no settings have. Nothing was written"
        case .changed(let file):
            "\(file) has just been changed by somebody else. Nothing was written; try again"
        case .system(let file, let errno): "\(file): \(systemMessage(errno)). Nothing was written"
        case .notEmpty(let directory):
            "\(directory) is not empty. Nothing was written; name a directory that is not there yet"
        case .noProgram(let name):
            "there is no program \(name) beside tacho or on PATH. Nothing was written; name it with "
                + "--hook"
        }
    }
}
