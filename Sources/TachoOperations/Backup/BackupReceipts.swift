import TachoEvents
import TachoJSON
package import TachoLog

extension LogBackup.Report {
    /// The copy as an event of the store it was taken of.
    ///
    /// - Parameter directory: Where the copy is.
    /// - Returns: To be appended to the store.
    package func receipt(_ directory: String) -> Receipt {
        Receipt(EventType.backedUp) { json in
            json.key("directory")
            json.value(directory)
            json.key("last_position")
            json.value(lastPosition.rawValue)
            json.key("segments")
            json.value(segmentCount)
            json.key("copied_files")
            json.value(copiedFileCount)
            json.key("copied_bytes")
            json.value(copiedByteCount)
            json.key("damaged")
            json.beginArray()
            for file in damaged { json.value(file) }
            json.endArray()
        }
    }
}

extension LogRestore.Report {
    /// The restoration as an event of the store that was made.
    ///
    /// - Parameter directory: What it was restored from.
    /// - Returns: To be appended to the new store.
    package func receipt(_ directory: String) -> Receipt {
        Receipt(EventType.restored) { json in
            json.key("directory")
            json.value(directory)
            json.key("last_position")
            json.value(lastPosition.rawValue)
            json.key("consistent")
            json.value(isConsistent)
            json.key("left_out")
            json.beginArray()
            for file in leftOut { json.value(file) }
            json.endArray()
            json.key("findings")
            json.value(verification.findings.count)
        }
    }
}
