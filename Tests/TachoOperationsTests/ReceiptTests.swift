import TachoJSON
import TachoLog
import TachoOperations
import Testing

@Suite struct ReceiptTests {
    @Test func `a receipt is an event of the store's own stream`() {
        let receipt = Receipt("tacho.compacted") { json in
            json.key("plan")
            json.value("ab")
        }
        #expect(receipt.event.stream == "tacho")
        #expect(receipt.event.data == Array(#"{"plan":"ab"}"#.utf8))
    }
}
