internal import TachoJSON

/// A settings file as it would be, and what is said about it.
package struct SettingsPlan: Hashable, Sendable {
    package let bytes: [UInt8]
    /// What was found and left alone, for people.
    package var notes: [String] = []
    /// Our entries that were added or removed: `hooks.Stop`, `statusLine`, `env.NAME`.
    package var entries: [String] = []
    /// Whether the settings keep every hook from running.
    package var hooksAreOff = false

    /// Adds what is missing; what is there stays where and as it is.
    ///
    /// - Parameters:
    ///   - registration: What is wanted.
    ///   - text: The file; nothing but whitespace is as good as no file.
    /// - Returns: The file with them.
    /// - Throws: ``SettingsError`` for text that cannot be added to without guessing.
    package static func adding(
        _ registration: ClaudeRegistration, to text: [UInt8]
    ) throws(SettingsError) -> SettingsPlan {
        let isBlank = text.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        var editor = Editor(text: try SettingsText(isBlank ? Array("{}\n".utf8) : text))
        try editor.addHooks(registration)
        try editor.addStatusLine(registration)
        if registration.hasTelemetry { try editor.addTelemetry() }
        let hooksAreOff = try editor.areHooksOff()
        if hooksAreOff {
            editor.notes.append("disableAllHooks is true: no hook runs as long as it is")
        }
        var plan = editor.plan(or: isBlank ? text : nil)
        plan.hooksAreOff = hooksAreOff
        return plan
    }

    /// Removes our entries and leaves all others.
    ///
    /// - Parameters:
    ///   - text: The file.
    ///   - entries: What was added, if that is known; else recorders and status line are taken for
    ///     ours by their names, and variables are not.
    /// - Returns: The file without them.
    /// - Throws: ``SettingsError`` for what is no JSON object.
    package static func removing(
        from text: [UInt8], entries: [String]?
    ) throws(SettingsError) -> SettingsPlan {
        var editor = Editor(text: try SettingsText(text))
        while try editor.removeOne(entries) {}
        return editor.plan(or: nil)
    }

    /// The recorders of ours that settings have: event and command.
    package static func recorders(
        in text: [UInt8]
    ) throws(SettingsError) -> [(event: String, command: String)] {
        try Editor(text: try SettingsText(text)).recorders()
    }

    struct Editor {
        var text: SettingsText
        var notes: [String] = []
        var entries: [String] = []

        /// The file as it is now; `original` if nothing is to be done.
        func plan(or original: [UInt8]?) -> SettingsPlan {
            let bytes = entries.isEmpty ? original ?? text.bytes : text.bytes
            return SettingsPlan(bytes: bytes, notes: notes, entries: entries)
        }
    }
}

extension SettingsPlan.Editor {
    // MARK: Adding

    mutating func addHooks(_ registration: ClaudeRegistration) throws(SettingsError) {
        var missing: [SettingsValue.Member] = []
        for event in registration.events {
            let path = "hooks.\(event)"
            guard let hooks = try text.member("hooks", of: text.root, .object, path: "hooks"),
                let groups = try text.member(event, of: hooks, .array, path: path)
            else {
                missing.append(.init(event, .array([registration.group])))
                continue
            }
            if let recorder = try recorder(in: groups, path) {
                if recorder != registration.hook, !recorder.contains(registration.hook) {
                    notes.append("\(event) is recorded by \(recorder) already; it is left alone")
                }
                continue
            }
            try text.add(registration.group, to: groups)
            entries.append(path)
        }
        guard !missing.isEmpty else { return }
        if let hooks = try text.member("hooks", of: text.root, .object, path: "hooks") {
            try text.add(missing, to: hooks)
        } else {
            try text.add([.init("hooks", .object(missing))], to: text.root)
        }
        entries += missing.map { "hooks." + $0.key }
    }

    func areHooksOff() throws(SettingsError) -> Bool {
        let name = "disableAllHooks"
        guard let value = try text.member(name, of: text.root, path: name) else { return false }
        return text.bytes[value.range].elementsEqual("true".utf8)
    }

    mutating func addStatusLine(_ registration: ClaudeRegistration) throws(SettingsError) {
        guard let program = registration.statusLine else { return }
        let path = "statusLine"
        if let present = try text.member(path, of: text.root, path: path) {
            let command = try text.member("command", of: present, path: path + ".command")
            let words = command.flatMap { text.string($0) } ?? ""
            if ClaudeRegistration.isStatusLine(words) { return }
            guard registration.joinsStatusLine, let command, !words.isEmpty else {
                notes.append(
                    "there is a status line already; it is left alone (--join-status-line shows "
                        + "both)")
                return
            }
            try text.replace(
                command, with: registration.statusLineCommand(program, with: words))
            entries.append(path)
            return
        }
        try text.add([.init(path, registration.statusLineValue(program))], to: text.root)
        entries.append(path)
    }

    mutating func addTelemetry() throws(SettingsError) {
        var missing: [SettingsValue.Member] = []
        let present = try text.member("env", of: text.root, .object, path: "env")
        for (name, value) in ClaudeRegistration.telemetry {
            guard let present,
                let other = try text.member(name, of: present, path: "env.\(name)")
            else {
                missing.append(.init(name, .text(value)))
                continue
            }
            if text.string(other) != value {
                notes.append("env.\(name) is set to something else than \(value); it is left alone")
            }
        }
        guard !missing.isEmpty else { return }
        if let present {
            try text.add(missing, to: present)
        } else {
            try text.add([.init("env", .object(missing))], to: text.root)
        }
        entries += missing.map { "env." + $0.key }
    }

    // MARK: Finding ours

    func recorders() throws(SettingsError) -> [(event: String, command: String)] {
        var found: [(event: String, command: String)] = []
        guard let hooks = try text.member("hooks", of: text.root, path: "hooks") else { return [] }
        for event in hooks.items {
            let name = event.key ?? ""
            guard let command = try recorder(in: event.value, "hooks.\(name)") else { continue }
            found.append((name, command))
        }
        return found
    }

    /// The command of the first recorder of ours among an event's groups.
    private func recorder(
        in groups: SettingsText.Node, _ path: String
    ) throws(SettingsError) -> String? {
        for group in groups.items {
            guard let handlers = try text.member("hooks", of: group.value, path: path) else {
                continue
            }
            for handler in handlers.items {
                if let command = try recorder(handler.value, path) { return command }
            }
        }
        return nil
    }

    /// The command of a handler, if it is a recorder of ours.
    private func recorder(
        _ handler: SettingsText.Node, _ path: String
    ) throws(SettingsError) -> String? {
        let node = try text.member("command", of: handler, path: path)
        guard let command = node.flatMap({ text.string($0) }) else { return nil }
        let arguments = try text.member("args", of: handler, path: path)?.items ?? []
        let words = arguments.compactMap { text.string($0.value) }
        return ClaudeRegistration.isRecorder(command, arguments: words) ? command : nil
    }

    // MARK: Removing

    /// Removes one entry of ours, with what would be left empty; `false` if there is none.
    mutating func removeOne(_ wanted: [String]?) throws(SettingsError) -> Bool {
        // Not with `??`, whose right side has no typed throws.
        var entry = try removeHook(wanted)
        if entry == nil { entry = try removeStatusLine(wanted) }
        if entry == nil { entry = try removeVariable(wanted) }
        guard let entry else { return false }
        entries.append(entry)
        return true
    }

    private mutating func removeHook(_ wanted: [String]?) throws(SettingsError) -> String? {
        guard let hooks = try text.member("hooks", of: text.root, path: "hooks") else {
            return nil
        }
        for event in hooks.items {
            let path = "hooks.\(event.key ?? "")"
            guard wanted?.contains(path) ?? true else { continue }
            for (groupIndex, group) in event.value.items.enumerated() {
                guard let handlers = try text.member("hooks", of: group.value, path: path) else {
                    continue
                }
                guard let index = try firstRecorder(in: handlers, path) else { continue }
                if handlers.items.count > 1 {
                    try text.remove(index, of: handlers)
                } else if event.value.items.count > 1 {
                    try text.remove(groupIndex, of: event.value)
                } else {
                    try removeMember(event.key, of: hooks, "hooks")
                }
                return path
            }
        }
        return nil
    }

    private func firstRecorder(
        in handlers: SettingsText.Node, _ path: String
    ) throws(SettingsError) -> Int? {
        var index = 0
        while index < handlers.items.count {
            if try recorder(handlers.items[index].value, path) != nil { return index }
            index += 1
        }
        return nil
    }

    private mutating func removeStatusLine(_ wanted: [String]?) throws(SettingsError) -> String? {
        let path = "statusLine"
        guard let present = try text.member(path, of: text.root, path: path),
            let command = try text.member("command", of: present, path: path),
            let words = text.string(command), ClaudeRegistration.isStatusLine(words),
            wanted?.contains(path) ?? true
        else { return nil }
        if let other = ClaudeRegistration.joinedStatusLine(words) {
            try text.replace(command, with: other)
            return path
        }
        try removeMember(path, of: text.root, nil)
        return path
    }

    private mutating func removeVariable(_ wanted: [String]?) throws(SettingsError) -> String? {
        guard let environment = try text.member("env", of: text.root, path: "env") else {
            return nil
        }
        for (name, value) in ClaudeRegistration.telemetry {
            let path = "env." + name
            guard wanted?.contains(path) ?? false else { continue }
            guard let present = try text.member(name, of: environment, path: path),
                text.string(present) == value
            else { continue }
            try removeMember(name, of: environment, "env")
            return path
        }
        return nil
    }

    /// Removes a member, and the object around it if that were empty then.
    private mutating func removeMember(
        _ key: String?, of object: SettingsText.Node, _ name: String?
    ) throws(SettingsError) {
        if object.items.count == 1, let name {
            return try removeMember(name, of: text.root, nil)
        }
        guard let index = object.items.firstIndex(where: { $0.key == key }) else { return }
        try text.remove(index, of: object)
    }
}
