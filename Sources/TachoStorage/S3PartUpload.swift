internal import TachoLog

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A file that is sent in parts, which the server puts together at the end.
///
/// Until then the object is not there. Where it fails, the server is told to forget the parts; where
/// not even that can be said, because the process died or the server is away, the next upload of the
/// same file finds the parts that are there, sends the others, and makes the server forget all other
/// beginnings of it. A name is never used for other bytes, and whoever archives reads the object
/// back: parts that are there need not be trusted.
struct S3PartUpload {
    let storage: S3Storage
    let name: String

    private static let partLimit = 10_000

    /// - Throws: ``LogError``, as for a request. The object is then what it was before.
    func run(
        _ path: String, _ file: UnsafeMutablePointer<FILE>, byteCount: Int
    ) throws(LogError) {
        let least = (byteCount + Self.partLimit - 1) / Self.partLimit
        let partByteCount = max(1, storage.parts.byteCount, least)
        let ranges = stride(from: 0, to: byteCount, by: partByteCount).map {
            $0..<min(byteCount, $0 + partByteCount)
        }
        var begun = try beginnings()
        let upload: String
        if let last = begun.popLast() { upload = last } else { upload = try begin() }
        for other in begun { try abort(other) }
        do throws(LogError) {
            let known = try sent(upload)
            var tags = [String]()
            for (index, range) in ranges.enumerated() {
                if let part = known[index + 1], part.byteCount == range.count {
                    tags.append(part.tag)
                } else {
                    tags.append(try send(range, of: path, file, number: index + 1, upload))
                }
            }
            try complete(upload, tags)
        } catch {
            // What cannot be said now is said before the next upload of this file.
            try? abort(upload)
            throw error
        }
    }

    // MARK: Parts

    private func send(
        _ range: Range<Int>, of path: String, _ file: UnsafeMutablePointer<FILE>, number: Int,
        _ upload: String
    ) throws(LogError) -> String {
        let head = try S3Storage.temporary()
        defer { fclose(head) }
        let digest = try Self.digest(of: range, path)
        let body = S3Request.Body(
            file: file, offset: range.lowerBound, byteCount: range.count, digest: digest)
        try storage.send(
            S3Request(
                "PUT", name, body,
                query: [("partNumber", "\(number)"), ("uploadId", upload)], head: head))
        let text = try S3Storage.contents(of: head, name: name)
        for line in text.split(separator: 0x0A) {
            let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1)
            guard parts.count == 2 else { continue }
            let key = String(decoding: parts[0], as: UTF8.self).lowercased()
            let value = String(decoding: parts[1], as: UTF8.self)
            if key == "etag" { return String(value.trimmed) }
        }
        throw LogError(
            .archived,
            "\(storage.location)/\(name): the server does not say by what it knows part \(number). "
                + "Nothing was changed.")
    }

    private static func digest(of range: Range<Int>, _ path: String) throws(LogError) -> String {
        let fileSystem = RealFileSystem()
        var hasher = SHA256Hasher()
        try LogError.unifying {
            let file = try fileSystem.open(path, .read)
            defer { fileSystem.close(file) }
            var offset = range.lowerBound
            while offset < range.upperBound {
                let piece = try fileSystem.readBytes(
                    file, path, at: offset, byteCount: min(1 << 20, range.upperBound - offset))
                piece.withUnsafeBytes { hasher.update($0) }
                offset += piece.count
            }
        }
        return hasher.finish().hex
    }

    // MARK: Beginning and end

    private func begin() throws(LogError) -> String {
        let answer = try ask("POST", name, [("uploads", "")])
        guard let upload = XMLText.values("UploadId", in: answer).first, !upload.isEmpty else {
            throw misunderstood("the beginning of an upload in parts")
        }
        return upload
    }

    private func complete(_ upload: String, _ tags: [String]) throws(LogError) {
        var text = "<CompleteMultipartUpload>"
        for (index, tag) in tags.enumerated() {
            text +=
                "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(XMLText.escaped(tag))"
                + "</ETag></Part>"
        }
        text += "</CompleteMultipartUpload>"
        let answer = try ask("POST", name, [("uploadId", upload)], Array(text.utf8))
        // The server begins to answer before it is done: 200 may be followed by an error.
        guard XMLText.values("Error", in: answer).isEmpty, answer.contains("CompleteMultipart")
        else { throw misunderstood("the end of an upload in parts") }
    }

    private func abort(_ upload: String) throws(LogError) {
        do throws(LogError) {
            try storage.send(S3Request("DELETE", name, query: [("uploadId", upload)]))
        } catch {
            guard error.code == .notFound else { throw error }
        }
    }

    // MARK: What is there

    /// Uploads of this file that were begun and not ended.
    private func beginnings() throws(LogError) -> [String] {
        // The bucket is asked; the first part of the path behind the server.
        let bucket = storage.bucket
        let key = bucket.prefix + name
        let answer = try ask(
            "GET", "", [("prefix", key), ("uploads", "")], of: bucket.storage)
        return XMLText.values("Upload", in: answer).filter {
            XMLText.values("Key", in: $0).first == key
        }.compactMap { XMLText.values("UploadId", in: $0).first }
    }

    /// Parts that the server has, by number.
    ///
    /// More than it lists are sent again.
    private func sent(
        _ upload: String
    ) throws(LogError) -> [Int: (tag: String, byteCount: Int)] {
        let answer = try ask("GET", name, [("uploadId", upload)])
        var parts = [Int: (tag: String, byteCount: Int)]()
        for part in XMLText.values("Part", in: answer) {
            guard let number = XMLText.values("PartNumber", in: part).first.flatMap({ Int($0) }),
                let size = XMLText.values("Size", in: part).first.flatMap({ Int($0) }),
                let tag = XMLText.values("ETag", in: part).first
            else { continue }
            parts[number] = (tag, size)
        }
        return parts
    }

    private func ask(
        _ method: String, _ name: String, _ query: [(name: String, value: String)],
        _ content: [UInt8]? = nil, of asked: S3Storage? = nil
    ) throws(LogError) -> String {
        let sink = try S3Storage.temporary()
        defer { fclose(sink) }
        // A POST of nothing has a body, too.
        let bytes = content ?? (method == "POST" ? [] : nil)
        var source: UnsafeMutablePointer<FILE>?
        if let bytes { source = try S3Storage.temporary(holding: bytes) }
        defer { if let source { fclose(source) } }
        var request = S3Request(method, name, query: query, into: sink)
        if let source, let bytes { request.body = S3Request.Body(source, bytes) }
        try (asked ?? storage).send(request)
        let text = try S3Storage.contents(of: sink, name: "\(storage.location)/\(name)")
        return String(decoding: text, as: UTF8.self)
    }

    private func misunderstood(_ what: String) -> LogError {
        LogError(
            .archived,
            "\(storage.location)/\(name): the server does not confirm \(what). Nothing was changed."
        )
    }
}

extension S3Storage {
    /// The bucket, and what of the location is in front of a file's name in it.
    fileprivate var bucket: (storage: S3Storage, prefix: String) {
        let scheme = location.hasPrefix("https://") ? "https://" : "http://"
        let names = location.dropFirst(scheme.count).split(separator: "/").map { String($0) }
        let address = scheme + names.prefix(2).joined(separator: "/")
        let prefix = names.dropFirst(2).map { $0 + "/" }.joined()
        // try?: the beginning of a good address is one.
        guard let storage = try? S3Storage(address, credentials, patience, parts: parts) else {
            preconditionFailure("the beginning of an address is one")
        }
        return (storage, prefix)
    }
}

/// As much of XML as S3 answers with: elements without attributes that matter.
enum XMLText {
    /// What stands between the tags of each element of this name, at any depth, unescaped.
    static func values(_ name: String, in text: String) -> [String] {
        var values = [String]()
        var rest = text[...]
        while let start = rest.range(ofTag: name) {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: "</\(name)>") else { break }
            values.append(unescaped(rest[..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return values
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }

    private static func unescaped(_ text: Substring) -> String {
        guard text.contains("&"), !text.contains("<") else { return String(text) }
        return String(text).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&quot;", with: "\"").replacing("&#34;", with: "\"")
            .replacing("&apos;", with: "'").replacing("&amp;", with: "&")
    }
}

extension Substring {
    /// `<name>`, or `<name` with attributes.
    fileprivate func range(ofTag name: String) -> Range<Index>? {
        if let plain = firstRange(of: "<\(name)>") { return plain }
        guard let open = firstRange(of: "<\(name) "),
            let close = self[open.upperBound...].firstIndex(of: ">")
        else { return nil }
        return open.lowerBound..<index(after: close)
    }
}

extension String {
    fileprivate var trimmed: Substring {
        var text = self[...]
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
