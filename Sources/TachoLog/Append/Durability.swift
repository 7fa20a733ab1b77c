/// What an acknowledgement means.
public enum Durability: String, Sendable, CaseIterable {
    /// Written, not waited for: safe from a crash of the process, not from one of the machine.
    /// The operating system writes it back; the next `commit` of any process makes it durable.
    case interval
    /// On the disk when acknowledged.
    case commit
    /// As `commit`, and so is the note that it is: even a lost power and a flipped bit at once are
    /// told apart at the next opening. About twice the time.
    case strict
}
