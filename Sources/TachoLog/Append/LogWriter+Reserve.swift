// The file `RESERVE`: room on the disk that the store can give up.
//
// A full disk must not keep a log from ending a file that can no longer be trusted, or from noting
// in its manifest what it has already done. These steps need a few blocks, and RESERVE is where
// they come from. An append does not give it up: it fails, typed, and the room stays for putting
// things right.

extension LogWriter {
    /// Runs a step that keeps the store in order; on a full disk once more, without RESERVE.
    func usingReserve<Result>(
        _ step: () throws(LogError) -> Result
    ) throws(LogError) -> Result {
        do throws(LogError) {
            return try step()
        } catch {
            guard error.code == .outOfSpace, releaseReserve() else { throw error }
            return try step()
        }
    }

    private func releaseReserve() -> Bool {
        do throws(FileError) {
            try fileSystem.remove(layout.reserve)
            return true
        } catch {
            return false
        }
    }

    /// Makes RESERVE again where it was given up and there is room.
    func restoreReserve() {
        Reserve.make(layout, fileSystem, byteCount: options.reserveByteCount)
    }
}

/// Makes the file `RESERVE`.
enum Reserve {
    /// Nothing but its blocks matters, so it is not synced; without room there is none.
    static func make(_ layout: StoreLayout, _ fileSystem: any FileSystem, byteCount: Int) {
        guard byteCount > 0 else { return }
        // A failure of any step only means that there is no reserve, as on a disk that is full.
        do throws(FileError) {
            if try fileSystem.status(layout.reserve) != nil { return }
            let file = try fileSystem.open(layout.reserve, .updateOrCreate)
            do throws(FileError) {
                try fileSystem.writeAll(file, [UInt8](repeating: 0, count: byteCount), at: 0)
                fileSystem.close(file)
            } catch {
                fileSystem.close(file)
                try fileSystem.remove(layout.reserve)
            }
        } catch {
            return
        }
    }
}
