package import TachoLog

/// Which workflow a process belongs to, from what surrounds it.
///
/// The rule is the seed's (semantics §2.5, golden `hook_capture`): the environment's `WORKFLOW_ID`
/// as it is; else `wf-` and its `ADW_ID`; else `wf-` and the name below a `trees` directory on the
/// way to the current one. An empty variable counts as none.
package enum WorkflowID {
    /// As the seed writes it, with the `wf-`; `nil` where nothing tells.
    package static func derive(
        workflowID: [UInt8]?, adwID: [UInt8]?, currentDirectory: [UInt8]?
    ) -> [UInt8]? {
        if let workflowID, !workflowID.isEmpty { return workflowID }
        if let adwID, !adwID.isEmpty { return prefix + adwID }
        return currentDirectory.flatMap { worktree(in: $0) }.map { prefix + $0 }
    }

    /// The stream that such an id stands for: without its `wf-`, so that it joins with the ids of
    /// run directories and logs.
    package static func stream(_ workflowID: [UInt8]) -> ByteString? {
        var id = workflowID[...]
        if id.starts(with: prefix) { id = id.dropFirst(prefix.count) }
        return id.isEmpty ? nil : EnvelopeText.encoded(Array(id))
    }

    /// The component behind the first component that is `trees`.
    package static func worktree(in path: [UInt8]) -> [UInt8]? {
        var rest = path[...]
        var isBelowTrees = false
        while !rest.isEmpty {
            let component = rest.prefix { $0 != UInt8(ascii: "/") }
            rest = rest.dropFirst(component.count + 1)
            if component.isEmpty { continue }
            if isBelowTrees { return Array(component) }
            isBelowTrees = component.elementsEqual("trees".utf8)
        }
        return nil
    }

    private static let prefix = Array("wf-".utf8)
}
