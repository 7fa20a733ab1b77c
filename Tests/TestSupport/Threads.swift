internal import Dispatch
internal import Foundation

/// Runs `body` on threads of their own, all at once, and waits for them.
package func onThreads(_ count: Int, _ body: @escaping @Sendable (_ number: Int) -> Void) {
    let ended = DispatchGroup()
    for number in 0..<count {
        ended.enter()
        Thread {
            body(number)
            ended.leave()
        }.start()
    }
    ended.wait()
}
