import TachoCapture
internal import TachoJSON
package import TachoLog

/// The records of a JSON array, or of objects in a row over several lines.
///
/// Hook scripts write such files: an array that is read, added to, and written again at every
/// event, pretty-printed. A process that dies meanwhile, or two at once, leave a broken one. What
/// is whole in it is taken: behind a broken element the next one is looked for by the indent that
/// the first had, which no valid element holds inside (strings have no raw newline). Where that
/// does not help, all from the fault on is one rejection.
package enum DocumentReader {
    /// Calls `body` with each record and each rejection, until it returns `false`; hands on what
    /// `body` throws, and whether it wants more.
    ///
    /// - Complexity: O(document): looking behind faults has a budget of four times its size.
    package static func forEach(
        in document: UnsafeRawBufferPointer, form: RecordForm,
        _ body: (ScannedRecord) throws(LogError) -> Bool
    ) throws(LogError) -> Bool {
        var cursor = Cursor(document, isArray: form == .array)
        while let record = cursor.next() {
            guard try body(record) else { return false }
        }
        return true
    }

    /// Walks from element to element.
    private struct Cursor {
        private let document: UnsafeRawBufferPointer
        private let isArray: Bool
        private var offset = 0
        /// The newline and the blanks in front of the first element, and its bracket.
        private var marker: [UInt8]?
        private var budget: Int
        private var isDone = false
        private var isFirst = true

        init(_ document: UnsafeRawBufferPointer, isArray: Bool) {
            self.document = document
            self.isArray = isArray
            budget = document.count * 4
            if document.starts(with: ByteOrderMark.bytes) { offset = ByteOrderMark.bytes.count }
            if isArray { passOpeningBracket() }
        }

        private mutating func passOpeningBracket() {
            offset = LineValues.firstNonBlank(document, from: offset)
            if offset < document.count, document[offset] == UInt8(ascii: "[") { offset += 1 }
        }

        mutating func next() -> ScannedRecord? {
            guard !isDone else { return nil }
            if let fault = passSeparator() { return reject(from: offset, fault) }
            guard !isDone else { return nil }
            let start = LineValues.firstNonBlank(document, from: offset)
            if isFirst { learnMarker(start) }
            isFirst = false
            do throws(JSONError) {
                let range = try JSON.validateValue(in: document, from: start)
                offset = range.upperBound
                return .value(
                    UnsafeRawBufferPointer(rebasing: document[range]), offset: range.lowerBound)
            } catch {
                return reject(from: start, error)
            }
        }

        /// Passes what stands between two elements, and ends the walk at the end.
        private mutating func passSeparator() -> JSONError? {
            offset = LineValues.firstNonBlank(document, from: offset)
            guard isArray else {
                isDone = offset == document.count
                return nil
            }
            guard offset < document.count else { return JSONError(.unexpectedEnd, at: offset) }
            if document[offset] == UInt8(ascii: "]") {
                let rest = LineValues.firstNonBlank(document, from: offset + 1)
                guard rest == document.count else {
                    offset = rest
                    return JSONError(.trailingBytes, at: rest)
                }
                isDone = true
            } else if !isFirst {
                // A lost comma costs nothing: the next element is whole without it.
                if document[offset] == UInt8(ascii: "{") { return nil }
                guard document[offset] == UInt8(ascii: ",") else {
                    return JSONError(.unexpectedByte, at: offset)
                }
                offset += 1
            }
            return nil
        }

        private mutating func learnMarker(_ start: Int) {
            guard start < document.count, document[start] == UInt8(ascii: "{") else { return }
            var lineStart = start
            while lineStart > 0, document[lineStart - 1] == 0x20 || document[lineStart - 1] == 0x09
            {
                lineStart -= 1
            }
            if lineStart > 0, document[lineStart - 1] == 0x0A {
                marker = Array(document[(lineStart - 1)...start])
            } else if !isArray {
                marker = [0x0A, UInt8(ascii: "{")]
            }
        }

        /// Rejects from `start` to the next element that can be seen, or to the end.
        private mutating func reject(from start: Int, _ error: JSONError) -> ScannedRecord? {
            budget -= max(error.offset - start, 0)
            // Behind an array's end stands what a longer, older one left there: nothing new.
            let maySearch = budget > 0 && error.reason != .trailingBytes
            let next = maySearch ? nextMarked(after: start) : nil
            if let next { offset = next } else { isDone = true }
            // Behind a rejection an element stands without a comma before it.
            isFirst = next != nil
            var end = next ?? document.count
            while end > start, document[end - 1].isJSONWhitespace { end -= 1 }
            return .rejected(
                RejectedRecord(
                    .json(error.reason), faultOffset: error.offset - start, offset: start,
                    bytes: UnsafeRawBufferPointer(rebasing: document[start..<end])))
        }

        /// The next place that looks like the first element's beginning.
        private func nextMarked(after start: Int) -> Int? {
            guard let marker else { return nil }
            var search = start
            while let newline = document.firstIndex(of: 0x0A, from: search) {
                let end = newline + marker.count
                guard end <= document.count else { return nil }
                if document[newline..<end].elementsEqual(marker) { return end - 1 }
                search = newline + 1
            }
            return nil
        }
    }
}
