package import TachoLog

/// Where an archive is, as a person names it, and the storage that it is.
package enum ArchivePlace {
    /// The address that the manifest keeps.
    ///
    /// - Parameters:
    ///   - text: A directory, `s3://bucket/prefix`, or `http(s)://endpoint/bucket/prefix`.
    ///   - endpoint: Of `s3:`; else `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or Amazon's own.
    ///   - environment: The value of one of the process's variables.
    ///   - absolute: Makes a directory's name absolute.
    /// - Returns: An absolute path, or a URL.
    package static func location(
        _ text: String, endpoint: String?, _ environment: (String) -> String?,
        absolute: (String) -> String
    ) -> String {
        if text.hasPrefix("http://") || text.hasPrefix("https://") { return text }
        guard text.hasPrefix("s3://") else { return absolute(text) }
        let named = [
            endpoint, environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"),
        ].compactMap(\.self).first { !$0.isEmpty }
        let region = environment("AWS_REGION") ?? environment("AWS_DEFAULT_REGION") ?? "us-east-1"
        var base = named ?? "https://s3.\(region).amazonaws.com"
        while base.hasSuffix("/") { base.removeLast() }
        return base + "/" + text.dropFirst("s3://".count)
    }

    /// The storage at a location.
    ///
    /// - Parameters:
    ///   - location: As the manifest keeps it.
    ///   - environment: The value of one of the process's variables, for who asks.
    ///   - parts: How large files go to a bucket.
    /// - Returns: A directory, or a bucket.
    /// - Throws: ``LogError``: `.notAllowed` without credentials for a bucket, `.conflict` if the
    ///   location is none.
    package static func storage(
        at location: String, _ environment: (String) -> String?,
        parts: S3Storage.Parts = S3Storage.Parts()
    ) throws(LogError) -> any ArchiveStorage {
        if location.hasPrefix("/") { return DirectoryStorage(location) }
        guard let credentials = S3Storage.Credentials(environment) else {
            throw LogError(
                .notAllowed,
                "\(location) needs a key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
        }
        return try S3Storage(location, credentials, parts: parts)
    }
}
