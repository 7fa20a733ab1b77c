internal import CCurl
internal import TachoLog

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// One question to a server that speaks S3, as often as it takes.
struct S3Request {
    /// What is sent: a part of an open file.
    struct Body {
        let file: UnsafeMutablePointer<FILE>
        let offset: Int
        let byteCount: Int
        /// SHA-256, in hexadecimal digits.
        let digest: String
    }

    let method: String
    /// Of the object; empty for the place itself.
    let name: String
    /// Names and values, sorted by name, as a signature has them.
    var query: [(name: String, value: String)] = []
    var body: Body?
    /// Where the answer's content goes; emptied before each attempt.
    var sink: UnsafeMutablePointer<FILE>?
    /// Where the answer's head goes.
    var head: UnsafeMutablePointer<FILE>?

    init(
        _ method: String, _ name: String, _ body: Body? = nil,
        query: [(name: String, value: String)] = [], into sink: UnsafeMutablePointer<FILE>? = nil,
        head: UnsafeMutablePointer<FILE>? = nil
    ) {
        self.method = method
        self.name = name
        self.body = body
        self.query = query
        self.sink = sink
        self.head = head
    }

    /// What stands behind the name: `?partNumber=1&uploadId=…`.
    var queryText: String {
        guard !query.isEmpty else { return "" }
        return "?"
            + query.map { "\($0.name)=\(Self.percentEncoded($0.value))" }.joined(separator: "&")
    }

    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if S3Storage.letters.contains(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                encoded += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return encoded
    }
}

extension S3Request.Body {
    /// All of a temporary file.
    init(_ file: UnsafeMutablePointer<FILE>, _ bytes: [UInt8]) {
        var hasher = SHA256Hasher()
        bytes.withUnsafeBytes { hasher.update($0) }
        self.init(file: file, offset: 0, byteCount: bytes.count, digest: hasher.finish().hex)
    }
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

extension S3Storage {
    /// - Throws: ``LogError``: `.notFound` for what is not there, `.notAllowed` for a refusal,
    ///   `.archived` if the server cannot be asked.
    func send(_ request: S3Request) throws(LogError) {
        var answer = Answer.failure(CURLE_FAILED_INIT)
        for attempt in 0..<max(1, patience.attemptCount) {
            if attempt > 0 { pause(before: attempt) }
            answer = try self.attempt(request)
            if case .status(200..<300) = answer { return }
            guard answer.isWorthAnother else { break }
        }
        throw Self.error(answer, url(request))
    }

    private func url(_ request: S3Request) -> String {
        request.name.isEmpty ? location : "\(location)/\(request.name)"
    }

    private static func error(_ answer: Answer, _ url: String) -> LogError {
        switch answer {
        case .status(404):
            LogError(.notFound, "\(url): the server has no such object, or no such bucket")
        case .status(300..<400):
            LogError(
                .archived,
                "\(url): the server sends to another address. Name the bucket's own endpoint and "
                    + "AWS_REGION. Nothing was changed.")
        case .status(401), .status(403):
            LogError(
                .notAllowed,
                "\(url): the server refuses this key (AWS_ACCESS_KEY_ID) or its signature")
        case .status(let status):
            LogError(.archived, "\(url): the server answers \(status). Nothing was changed.")
        case .failure(CURLE_WRITE_ERROR), .failure(CURLE_READ_ERROR):
            LogError(
                .system,
                "\(url): the file on this machine cannot be read or written. Look whether the disk "
                    + "is full. Nothing was changed.")
        case .failure(let code):
            LogError(
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

    private func attempt(_ request: S3Request) throws(LogError) -> Answer {
        guard Self.isLoaded else {
            throw LogError(
                .system,
                "archives in buckets need libcurl, which is not installed (Debian: libcurl4)")
        }
        guard let curl = tacho_curl_begin() else { return .failure(CURLE_FAILED_INIT) }
        defer { tacho_curl_end(curl) }
        guard let nowhere = fopen("/dev/null", "wb") else {
            throw LogError(.system, "cannot open /dev/null", errno: errno)
        }
        defer { fclose(nowhere) }
        tacho_curl_set_text(curl, CURLOPT_URL, url(request) + request.queryText)
        tacho_curl_set_text(curl, CURLOPT_PROTOCOLS_STR, "http,https")
        tacho_curl_set_text(
            curl, CURLOPT_AWS_SIGV4, "aws:amz:\(credentials.region):s3")
        tacho_curl_set_text(curl, CURLOPT_USERNAME, credentials.keyID)
        tacho_curl_set_text(curl, CURLOPT_PASSWORD, credentials.secret)
        tacho_curl_set_number(curl, CURLOPT_NOSIGNAL, 1)
        tacho_curl_set_number(curl, CURLOPT_CONNECTTIMEOUT, patience.stallSeconds)
        tacho_curl_set_number(curl, CURLOPT_LOW_SPEED_LIMIT, 1)
        tacho_curl_set_number(curl, CURLOPT_LOW_SPEED_TIME, patience.stallSeconds)
        tacho_curl_set_file(curl, CURLOPT_WRITEDATA, request.sink ?? nowhere)
        for file in [request.sink, request.head].compactMap(\.self) {
            // What an attempt before has left there.
            rewind(file)
            ftruncate(fileno(file), 0)
        }
        if let head = request.head { tacho_curl_set_file(curl, CURLOPT_HEADERDATA, head) }
        var headers = tacho_curl_append(nil, "Expect:")
        if let body = request.body {
            fseeko(body.file, off_t(body.offset), SEEK_SET)
            tacho_curl_set_number(curl, CURLOPT_UPLOAD, 1)
            tacho_curl_set_file(curl, CURLOPT_READDATA, body.file)
            tacho_curl_set_size(
                curl, CURLOPT_INFILESIZE_LARGE, curl_off_t(body.byteCount))
            headers = tacho_curl_append(headers, "Content-Type: application/octet-stream")
        }
        let usual = request.body == nil ? "GET" : "PUT"
        if request.method != usual {
            tacho_curl_set_text(curl, CURLOPT_CUSTOMREQUEST, request.method)
        }
        let digest = request.body?.digest ?? Self.emptyDigest
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
