/// The name of one store: a UUID made when the store is, never changed, and mixed into checksums,
/// so that no part of one store passes for a part of another.
package struct StoreID: Hashable, Sendable {
    /// The UUID's 16 bytes in the order in which its text shows them.
    package let bytes: [UInt8]

    package static let byteCount = 16

    /// `nil` unless there are 16 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == StoreID.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, also in capitals; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        self.init(text: Array(text.utf8))
    }

    /// Reads the same from a text's bytes.
    init?(text characters: [UInt8]) {
        guard characters.count == 36 else { return nil }
        var bytes = [UInt8]()
        bytes.reserveCapacity(StoreID.byteCount)
        var index = 0
        while index < 36 {
            if index == 8 || index == 13 || index == 18 || index == 23 {
                guard characters[index] == UInt8(ascii: "-") else { return nil }
                index += 1
                continue
            }
            guard let high = characters[index].hexadecimalDigit,
                let low = characters[index + 1].hexadecimalDigit
            else { return nil }
            bytes.append(high << 4 | low)
            index += 2
        }
        self.bytes = bytes
    }
}

extension StoreID: CustomStringConvertible {
    package var description: String {
        var text = [UInt8]()
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 {
                text.append(UInt8(ascii: "-"))
            }
            text += [byte].hexadecimal
        }
        return String(decoding: text, as: UTF8.self)
    }
}
