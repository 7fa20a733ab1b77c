package import TachoLog

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A bucket of Amazon S3 or of anything that speaks its protocol, by path-style addresses.
///
/// Requests are signed by libcurl (AWS Signature Version 4), and carry the SHA-256 of what they send,
/// which the server compares. Answers of 429 and 5xx, lost connections, and stalls are tried again;
/// a refusal is not. What an ETag says is not looked at: an archive reads its copies back instead.
/// A file larger than ``Parts/byteCount`` is sent in parts.
package struct S3Storage: ArchiveStorage {
    /// Who asks; the usual variables of the environment.
    package struct Credentials: Sendable {
        package var keyID: String
        package var secret: String
        package var sessionToken: String?
        package var region: String

        package init(
            keyID: String, secret: String, sessionToken: String? = nil,
            region: String = "us-east-1"
        ) {
            self.keyID = keyID
            self.secret = secret
            self.sessionToken = sessionToken
            self.region = region
        }

        /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, and `AWS_REGION` or
        /// `AWS_DEFAULT_REGION`; `nil` without the first two.
        ///
        /// - Parameter value: Of a variable of the environment; `nil` also for an empty one.
        package init?(_ value: (String) -> String?) {
            guard let keyID = value("AWS_ACCESS_KEY_ID"),
                let secret = value("AWS_SECRET_ACCESS_KEY")
            else { return nil }
            self.init(
                keyID: keyID, secret: secret, sessionToken: value("AWS_SESSION_TOKEN"),
                region: value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") ?? "us-east-1")
        }
    }

    /// How long a request may take.
    package struct Patience: Sendable {
        /// Seconds without a connection, or without a byte, after which a request is given up.
        package var stallSeconds = 30
        /// How often a request is made at most.
        package var attemptCount = 4
        /// Milliseconds before the second attempt; twice as long before each one after it.
        package var pauseMilliseconds: UInt32 = 250

        package init() {}
    }

    /// How large files are sent.
    package struct Parts: Sendable {
        /// A file that is larger goes in parts of this size.
        ///
        /// In larger ones, if there would be more than ten thousand. Amazon takes none below 5 MiB
        /// but the last, and no whole file above 5 GiB.
        package var byteCount = 256 << 20

        package init() {}
    }

    package let location: String
    let credentials: Credentials
    let patience: Patience
    let parts: Parts

    /// - Parameters:
    ///   - location: `http(s)://endpoint/bucket/prefix`.
    ///   - credentials: Who asks.
    ///   - patience: How long.
    ///   - parts: How large files are sent.
    /// - Throws: ``LogError`` `.conflict` if the location is not such an address.
    package init(
        _ location: String, _ credentials: Credentials, _ patience: Patience = Patience(),
        parts: Parts = Parts()
    ) throws(LogError) {
        var path = location
        while path.hasSuffix("/") { path.removeLast() }
        let scheme = ["https://", "http://"].first { path.hasPrefix($0) }
        let names = path.dropFirst(scheme?.count ?? 0).split(
            separator: "/", omittingEmptySubsequences: false)
        let isPlain = path.utf8.allSatisfy {
            Self.letters.contains($0) || "/:[]".utf8.contains($0)
        }
        guard scheme != nil, isPlain, names.count >= 2,
            names.allSatisfy({ !$0.isEmpty && $0 != ".." && $0 != "." })
        else {
            throw LogError(
                .conflict,
                "\(location) is not an address of a bucket: https://endpoint/bucket/prefix, of "
                    + "letters, digits, '-', '_', '.', and '~'")
        }
        self.location = path
        self.credentials = credentials
        self.patience = patience
        self.parts = parts
    }

    static let letters: Set<UInt8> = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8)

    // MARK: Files

    package func contents(of name: String) throws(LogError) -> [UInt8]? {
        let file = try Self.temporary()
        defer { fclose(file) }
        do throws(LogError) {
            try send(S3Request("GET", name, into: file))
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        return try Self.contents(of: file, name: "\(location)/\(name)")
    }

    static func contents(
        of file: UnsafeMutablePointer<FILE>, name: String
    ) throws(LogError) -> [UInt8] {
        rewind(file)
        var bytes = [UInt8]()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            bytes += piece[..<count]
            guard bytes.count <= 64 << 20 else {
                throw LogError(.damaged, "\(name) is larger than it can be")
            }
        }
        return bytes
    }

    package func put(_ name: String, _ bytes: [UInt8]) throws(LogError) {
        let file = try Self.temporary(holding: bytes)
        defer { fclose(file) }
        try send(S3Request("PUT", name, S3Request.Body(file, bytes)))
    }

    package func upload(_ path: String, as name: String) throws(LogError) {
        guard let status = try LogError.unifying({ try RealFileSystem().status(path) }) else {
            throw LogError(.notFound, "\(path) is not there")
        }
        guard let file = fopen(path, "rb") else {
            throw LogError(.system, "cannot open \(path)", errno: errno)
        }
        defer { fclose(file) }
        guard status.byteCount <= parts.byteCount else {
            return try S3PartUpload(storage: self, name: name)
                .run(path, file, byteCount: status.byteCount)
        }
        let digest = try RealFileSystem().digest(of: path).hex
        try send(
            S3Request(
                "PUT", name,
                S3Request.Body(file: file, offset: 0, byteCount: status.byteCount, digest: digest)))
    }

    package func download(_ name: String, to path: String) throws(LogError) {
        guard let file = fopen(path, "wbx") else {
            throw LogError(.system, "cannot make \(path)", errno: errno)
        }
        do throws(LogError) {
            try send(S3Request("GET", name, into: file))
        } catch {
            fclose(file)
            unlink(path)
            throw error
        }
        let isWritten = fflush(file) == 0 && fsync(fileno(file)) == 0
        guard fclose(file) == 0, isWritten else {
            let failure = errno
            unlink(path)
            throw LogError(
                failure == ENOSPC ? .outOfSpace : .system, "cannot write \(path)", errno: failure)
        }
    }

    package func remove(_ name: String) throws(LogError) {
        do throws(LogError) {
            try send(S3Request("DELETE", name))
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }

    static func temporary(
        holding bytes: [UInt8] = []
    ) throws(LogError) -> UnsafeMutablePointer<FILE> {
        guard let file = tmpfile() else {
            throw LogError(.system, "no temporary file can be made", errno: errno)
        }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
            let failure = errno
            fclose(file)
            throw LogError(.system, "no temporary file can be written", errno: failure)
        }
        return file
    }
}
