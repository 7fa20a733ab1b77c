"""An S3 server with the faults that its paths name, for the tests: /FAULT/bucket/prefix/file."""
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

files = {}
counts = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", length=None, etag=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        fault = self.path.split("/")[1]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        counts[fault] = counts.get(fault, 0) + 1
        if fault in ("500", "403", "503"):
            return self.answer(int(fault), b"<Error/>")
        if fault == "flaky" and counts[fault] % 3 != 0:
            return self.answer(503, b"<Error/>")
        if fault == "reset" and counts[fault] % 3 != 0:
            return self.connection.shutdown(socket.SHUT_RDWR)
        if fault == "slow":
            return time.sleep(30)
        if self.command == "PUT":
            files[self.path] = body[: len(body) // 2] if fault == "halves" else body
            return self.answer(200, etag='"0123456789"')
        if self.command == "DELETE":
            files.pop(self.path, None)
            return self.answer(204)
        if self.path not in files:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        body = files[self.path]
        if fault == "truncated" and not self.path.endswith("/ARCHIVE"):
            self.answer(200, body[: len(body) // 2], length=len(body))
            self.close_connection = True
            return None
        if fault == "lying" and not self.path.endswith("/ARCHIVE"):
            body = bytes(reversed(body))
        return self.answer(200, body, etag='"something else"')

    do_GET = do_PUT = do_DELETE = do_HEAD = handle_any


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("Running on http://127.0.0.1:%d" % server.server_port, file=sys.stderr, flush=True)
server.serve_forever()
