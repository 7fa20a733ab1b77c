internal import CCurl
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
/// Objects are sent in one request, so a segment has at most 5 GiB.
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

    package let location: String
    private let credentials: Credentials
    private let patience: Patience

    /// - Parameters:
    ///   - location: `http(s)://endpoint/bucket/prefix`.
    ///   - credentials: Who asks.
    ///   - patience: How long.
    /// - Throws: ``LogError`` `.conflict` if the location is not such an address.
    package init(
        _ location: String, _ credentials: Credentials, _ patience: Patience = Patience()
    ) throws(LogError) {
        var path = location
        while path.hasSuffix("/") { path.removeLast() }
        let scheme = ["https://", "http://"].first { path.hasPrefix($0) }
        let parts = path.dropFirst(scheme?.count ?? 0).split(
            separator: "/", omittingEmptySubsequences: false)
        let isPlain = path.utf8.allSatisfy {
            Self.letters.contains($0) || "/:[]".utf8.contains($0)
        }
        guard scheme != nil, isPlain, parts.count >= 2,
            parts.allSatisfy({ !$0.isEmpty && $0 != ".." && $0 != "." })
        else {
            throw LogError(
                .conflict,
                "\(location) is not an address of a bucket: https://endpoint/bucket/prefix, of "
                    + "letters, digits, '-', '_', '.', and '~'")
        }
        self.location = path
        self.credentials = credentials
        self.patience = patience
    }

    private static let letters: Set<UInt8> = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8)

    // MARK: Files

    package func contents(of name: String) throws(LogError) -> [UInt8]? {
        let file = try temporary()
        defer { fclose(file) }
        do throws(LogError) {
            try request(.get(file), name)
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
        rewind(file)
        var bytes = [UInt8]()
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            bytes += piece[..<count]
            guard bytes.count <= 64 << 20 else {
                throw LogError(.damaged, "\(location)/\(name) is larger than it can be")
            }
        }
        return bytes
    }

    package func put(_ name: String, _ bytes: [UInt8]) throws(LogError) {
        let file = try temporary()
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
            throw LogError(.system, "no temporary file can be written", errno: errno)
        }
        var hasher = SHA256Hasher()
        bytes.withUnsafeBytes { hasher.update($0) }
        try request(.put(file, byteCount: bytes.count, digest: hasher.finish().hex), name)
    }

    package func upload(_ path: String, as name: String) throws(LogError) {
        let (byteCount, digest) = try RealFileSystem().sizeAndDigest(of: path)
        guard let file = fopen(path, "rb") else {
            throw LogError(.system, "cannot open \(path)", errno: errno)
        }
        defer { fclose(file) }
        try request(.put(file, byteCount: byteCount, digest: digest.hex), name)
    }

    package func download(_ name: String, to path: String) throws(LogError) {
        guard let file = fopen(path, "wbx") else {
            throw LogError(.system, "cannot make \(path)", errno: errno)
        }
        do throws(LogError) {
            try request(.get(file), name)
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
            try request(.delete, name)
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }

    private func temporary() throws(LogError) -> UnsafeMutablePointer<FILE> {
        guard let file = tmpfile() else {
            throw LogError(.system, "no temporary file can be made", errno: errno)
        }
        return file
    }

    // MARK: Requests

    private enum Request {
        case get(UnsafeMutablePointer<FILE>)
        case put(UnsafeMutablePointer<FILE>, byteCount: Int, digest: String)
        case delete
    }

    /// What came of one attempt.
    private enum Answer {
        case status(Int)
        case failure(CURLcode)

        var isWorthAnother: Bool {
            switch self {
            case .status(let status): status == 429 || status >= 500
            case .failure(let code):
                ![
                    CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WRITE_ERROR,
                    CURLE_READ_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_OUT_OF_MEMORY,
                ].contains { $0.rawValue == code.rawValue }
            }
        }
    }

    private func request(_ request: Request, _ name: String) throws(LogError) {
        var answer = Answer.failure(CURLE_FAILED_INIT)
        for attempt in 0..<max(1, patience.attemptCount) {
            if attempt > 0 { pause(before: attempt) }
            answer = try self.attempt(request, name)
            if case .status(200..<300) = answer { return }
            guard answer.isWorthAnother else { break }
        }
        let url = "\(location)/\(name)"
        switch answer {
        case .status(404):
            throw LogError(.notFound, "\(url): the server has no such object, or no such bucket")
        case .status(300..<400):
            throw LogError(
                .archived,
                "\(url): the server sends to another address. Name the bucket's own endpoint and "
                    + "AWS_REGION. Nothing was changed.")
        case .status(401), .status(403):
            throw LogError(
                .notAllowed,
                "\(url): the server refuses this key (AWS_ACCESS_KEY_ID) or its signature")
        case .status(let status):
            throw LogError(.archived, "\(url): the server answers \(status). Nothing was changed.")
        case .failure(CURLE_WRITE_ERROR), .failure(CURLE_READ_ERROR):
            throw LogError(
                .system,
                "\(url): the file on this machine cannot be read or written. Look whether the disk "
                    + "is full. Nothing was changed.")
        case .failure(let code):
            throw LogError(
                .archived,
                "\(url): \(String(cString: tacho_curl_message(code))). Nothing was changed.")
        }
    }

    /// A server that is overloaded or restarting needs time, and the command nothing else to do
    /// meanwhile: twice as long each time, and at most ten seconds.
    private func pause(before attempt: Int) {
        var milliseconds = UInt64(patience.pauseMilliseconds)
        for _ in 1..<max(1, attempt) where milliseconds < 10_000 { milliseconds *= 2 }
        milliseconds = min(milliseconds, 10_000)
        var rest = timespec(
            tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        // A signal only shortens it.
        nanosleep(&rest, nil)
    }

    private func attempt(_ request: Request, _ name: String) throws(LogError) -> Answer {
        guard Self.isLoaded else {
            throw LogError(
                .system,
                "archives in buckets need libcurl, which is not installed (Debian: libcurl4)")
        }
        guard let curl = tacho_curl_begin() else { return .failure(CURLE_FAILED_INIT) }
        defer { tacho_curl_end(curl) }
        guard let sink = fopen("/dev/null", "wb") else {
            throw LogError(.system, "cannot open /dev/null", errno: errno)
        }
        defer { fclose(sink) }
        tacho_curl_set_text(curl, CURLOPT_URL, "\(location)/\(name)")
        tacho_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https")
        tacho_curl_set_text(
            curl, CURLOPT_AWS_SIGV4, "aws:amz:\(credentials.region):s3")
        tacho_curl_set_text(curl, CURLOPT_USERNAME, credentials.keyID)
        tacho_curl_set_text(curl, CURLOPT_PASSWORD, credentials.secret)
        tacho_curl_set_number(curl, CURLOPT_NOSIGNAL, 1)
        tacho_curl_set_number(curl, CURLOPT_CONNECTTIMEOUT, patience.stallSeconds)
        tacho_curl_set_number(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
        tacho_curl_set_number(curl, CURLOPT_LOW_SPEED_TIME, patience.stallSeconds)
        tacho_curl_set_file(curl, CURLOPT_WRITEDATA, sink)
        var digest = Self.emptyDigest
        var headers = tacho_curl_append(nil, "Expect:")
        switch request {
        case .get(let file):
            // What an attempt before has left there.
            rewind(file)
            ftruncate(fileno(file), 0)
            tacho_curl_set_file(curl, CURLOPT_WRITEDATA, file)
        case .put(let file, let byteCount, let contentDigest):
            rewind(file)
            digest = contentDigest
            tacho_curl_set_number(curl, CURLOPT_UPLOAD, 1)
            tacho_curl_set_file(curl, CURLOPT_READDATA, file)
            tacho_curl_set_size(curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(byteCount))
            headers = tacho_curl_append(headers, "Content-Type: application/octet-stream")
        case .delete:
            tacho_curl_set_text(curl, CURLOPT_CUSTOMREQUEST, "DELETE")
        }
        headers = tacho_curl_append(headers, "x-amz-content-sha256: \(digest)")
        if let token = credentials.sessionToken {
            headers = tacho_curl_append(headers, "x-amz-security-token: \(token)")
        }
        defer { tacho_curl_free(headers) }
        tacho_curl_set_list(curl, CURLOPT_HTTPHEADER, headers)
        let code = tacho_curl_perform(curl)
        guard code == CURLE_OK else { return .failure(code) }
        var status = 0
        tacho_curl_response_code(curl, &status)
        return .status(status)
    }

    private static let emptyDigest: String = {
        var hasher = SHA256Hasher()
        return hasher.finish().hex
    }()

    /// Once for the process, before any thread asks.
    private static let isLoaded = tacho_curl_load()
}

extension RealFileSystem {
    fileprivate func sizeAndDigest(of path: String) throws(LogError) -> (Int, Digest256) {
        guard let status = try LogError.unifying({ try status(path) }) else {
            throw LogError(.notFound, "\(path) is not there")
        }
        return (status.byteCount, try digest(of: path))
    }
}
