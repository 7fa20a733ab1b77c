package import TachoJSON
import TachoLog

// What an erasure found and did, as plans, receipts, and answers spell it.

extension [Residue] {
    /// An array, one object for each class of files.
    package func write(to json: inout JSONWriter) {
        json.beginArray()
        for residue in self {
            json.beginObject()
            json.key("class")
            json.value(residue.fileClass)
            for (key, count) in [
                ("files", residue.fileCount), ("bytes", residue.byteCount),
                ("decoded_bytes", residue.decodedByteCount), ("raw", residue.rawCount),
                ("decompressed", residue.decodedCount), ("records", residue.leafCount),
            ] {
                json.key(key)
                json.value(count)
            }
            json.key("in")
            json.beginArray()
            for file in residue.files { json.value(file) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
    }
}

extension [KeptErased] {
    /// An array, one object for each table that was kept at a cut.
    package func write(to json: inout JSONWriter) {
        json.beginArray()
        for table in self {
            json.beginObject()
            json.key("table")
            json.value(table.table)
            json.key("position")
            json.value(table.position.rawValue)
            json.key("rows")
            json.value(table.rowCount)
            json.key("cells")
            json.value(table.cellCount)
            json.endObject()
        }
        json.endArray()
    }
}
