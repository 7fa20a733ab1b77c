"""An S3 server with the faults that its paths name, for the tests: /FAULT/bucket/prefix/file."""
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

files = {}
counts = {}
uploads = {}  # (path of the object, upload id) -> {part number: bytes}
sent = {}  # part number -> how often it came


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
        if "?" in self.path:
            return self.handle_parts(fault, body)
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

    def handle_parts(self, fault, body):
        path, query = self.path.split("?", 1)
        query = dict(parse_qsl(query, keep_blank_values=True))
        away = fault == "away" and counts["away"] < 12
        if self.command == "GET" and "uploads" in query:
            bucket = "/".join(path.split("/")[:2]) + "/"
            found = "".join(
                "<Upload><Key>%s</Key><UploadId>%s</UploadId></Upload>" % (key[len(bucket):], id)
                for key, id in uploads
                if key.startswith(bucket) and key[len(bucket):].startswith(query.get("prefix", ""))
            )
            return self.answer(200, ("<R>%s</R>" % found).encode())
        if self.command == "GET" and "sent" in query:
            return self.answer(200, repr(sorted(sent.items())).encode())
        if self.command == "POST" and "uploads" in query:
            id = "id %d/&" % len(counts) + str(counts[fault])
            uploads[path, id] = {}
            answer = "<R><UploadId>%s</UploadId></R>" % id.replace("&", "&amp;")
            return self.answer(200, answer.encode())
        id = query.get("uploadId")
        if (path, id) not in uploads:
            return self.answer(404, b"<Error><Code>NoSuchUpload</Code></Error>")
        parts = uploads[path, id]
        if self.command == "PUT":
            number = int(query["partNumber"])
            if number == 2 and (fault == "part500" or away):
                return self.answer(500, b"<Error/>")
            if number == 2 and fault == "part403":
                return self.answer(403, b"<Error/>")
            sent[number] = sent.get(number, 0) + 1
            parts[number] = body
            return self.answer(200, etag=None if fault == "untagged" else '"%d&"' % number)
        if self.command == "DELETE":
            if away:
                return self.answer(500, b"<Error/>")
            del uploads[path, id]
            return self.answer(204)
        if self.command == "GET":
            found = "".join(
                "<Part><PartNumber>%d</PartNumber><ETag>&quot;%d&amp;&quot;</ETag>"
                "<Size>%d</Size></Part>" % (n, n, len(b))
                for n, b in sorted(parts.items())
            )
            return self.answer(200, ("<R>%s</R>" % found).encode())
        if fault == "incomplete":
            return self.answer(200, b"<Error><Code>InternalError</Code></Error>")
        text = body.decode()
        if any("&quot;%d&amp;&quot;" % number not in text for number in parts):
            return self.answer(400, b"<Error><Code>InvalidPart</Code></Error>")
        files[path] = b"".join(b for _, b in sorted(parts.items()))
        del uploads[path, id]
        return self.answer(200, b"<CompleteMultipartUploadResult/>")

    do_GET = do_PUT = do_DELETE = do_HEAD = do_POST = handle_any


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("Running on http://127.0.0.1:%d" % server.server_port, file=sys.stderr, flush=True)
server.serve_forever()
