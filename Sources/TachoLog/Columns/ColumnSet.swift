/// Which fields of records a sealed segment carries as columns beside its lines.
///
/// A declaration by whoever knows what the events mean; the log only knows where a field is and
/// what it looks like. A segment keeps the declaration that it was written with, so that it says
/// itself what its columns are (<doc:FileFormat#Columns>).
public struct ColumnSet: Equatable, Sendable {
    /// No columns: what a log does that nobody has told of any.
    public static let none = ColumnSet([])

    public let columns: [Column]

    /// - Precondition: At most 64 columns, and none of them twice.
    public init(_ columns: [Column]) {
        precondition(columns.count <= Self.maximumCount, "a segment has at most 64 columns")
        precondition(
            columns.indices.allSatisfy { !columns[..<$0].contains(columns[$0]) }, "no column twice")
        self.columns = columns
    }

    static let maximumCount = 64
    static let maximumPathCount = 8
    static let maximumKeyByteCount = 512

    public var isEmpty: Bool { columns.isEmpty }

    /// One field: what it is called, where it is, and what its values are.
    public struct Column: Equatable, Sendable {
        /// Where in a record the field is.
        public enum Origin: UInt8, Sendable {
            case stream = 0
            case type = 1
            case source = 2
            /// In the submitted object, below the keys of ``Column/path``.
            case data = 3
        }

        /// What its values are.
        public enum Kind: Equatable, Sendable {
            /// A string without escapes, of at most 512 bytes.
            case text
            /// A number that is whole once it is multiplied by 10 to the power of `digits`, and
            /// then fits into 64 bits with its sign.
            case number(digits: Int)
        }

        public let name: String
        public let origin: Origin
        /// Keys from the submitted object inwards; of several members with one key the first counts.
        public let path: [String]
        public let kind: Kind

        private init(_ name: String, _ origin: Origin, _ path: [String], _ kind: Kind) {
            self.name = name
            self.origin = origin
            self.path = path
            self.kind = kind
        }

        public static let stream = Column("stream", .stream, [], .text)
        public static let type = Column("type", .type, [], .text)
        public static let source = Column("source", .source, [], .text)

        /// A member of the submitted object; the column is called as its path is, with points.
        ///
        /// - Precondition: One to eight keys of at most 512 bytes.
        public static func text(_ path: String...) -> Column { Column(path, .text) }

        /// - Precondition: One to eight keys of at most 512 bytes, and 0 to 18 digits.
        public static func number(digits: Int = 0, _ path: String...) -> Column {
            Column(path, .number(digits: digits))
        }

        private init(_ path: [String], _ kind: Kind) {
            precondition(Self.isPath(path), "a path has one to eight keys")
            if case .number(let digits) = kind {
                precondition((0...18).contains(digits), "a number has 0 to 18 digits more")
            }
            self.init(path.joined(separator: "."), .data, path, kind)
        }

        private static func isPath(_ path: [String]) -> Bool {
            !path.isEmpty && path.count <= ColumnSet.maximumPathCount
                && path.allSatisfy { $0.utf8.count <= ColumnSet.maximumKeyByteCount }
        }
    }
}

// MARK: - In a file

extension ColumnSet.Column {
    /// Origin, kind, digits, count of keys: a byte each; then the name and the keys, each a 16-bit
    /// byte count and UTF-8.
    func append(to bytes: inout [UInt8]) {
        bytes.append(origin.rawValue)
        switch kind {
        case .text: bytes += [0, 0]
        case .number(let digits): bytes += [1, UInt8(digits)]
        }
        bytes.append(UInt8(path.count))
        for text in [name] + path {
            bytes.append(littleEndian: UInt16(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
    }

    /// `nil` if it is none that this version can read.
    init?(_ cursor: inout ByteCursor) {
        guard let origin = cursor.integer(UInt8.self).flatMap(Origin.init(rawValue:)),
            let kind = cursor.integer(UInt8.self), let digits = cursor.integer(UInt8.self),
            let pathCount = cursor.integer(UInt8.self),
            let name = Self.text(&cursor)
        else { return nil }
        var path = [String]()
        for _ in 0..<pathCount {
            guard let key = Self.text(&cursor) else { return nil }
            path.append(key)
        }
        switch kind {
        case 0 where digits == 0: self.init(name, origin, path, .text)
        case 1 where digits <= 18: self.init(name, origin, path, .number(digits: Int(digits)))
        default: return nil
        }
        guard origin == .data ? Self.isPath(path) : path.isEmpty && self.kind == .text else {
            return nil
        }
    }

    private static func text(_ cursor: inout ByteCursor) -> String? {
        guard let byteCount = cursor.integer(UInt16.self),
            let range = cursor.range(Int(byteCount))
        else { return nil }
        return String(validating: cursor.bytes[range], as: UTF8.self)
    }
}
