#!/usr/bin/env python3
"""Compares tacho's two readers of OTLP by way of a third program's encoder.

    otlp.py write FIXTURES      writes FIXTURES/*.pb and *.frames from the JSON beside them
    otlp.py check [SEED [N]]    makes N requests (default 300) of all shapes, encodes each in JSON and
                                in protobuf, imports both, and compares the events byte for byte

Needs `opentelemetry-proto` from PyPI (here 1.45.2); TACHO names the program to check.
"""
import base64
import copy
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

REQUESTS = {
    "resourceLogs": logs_service_pb2.ExportLogsServiceRequest,
    "resourceMetrics": metrics_service_pb2.ExportMetricsServiceRequest,
    "resourceSpans": trace_service_pb2.ExportTraceServiceRequest,
}
IDS = ("traceId", "spanId", "parentSpanId")


def encode(request):
    """OTLP/JSON says ids in hexadecimal, protobuf's own JSON in base64."""
    def convert(value):
        if isinstance(value, dict):
            return {key: base64.b64encode(bytes.fromhex(item)).decode() if key in IDS
                    else convert(item) for key, item in value.items()}
        return [convert(item) for item in value] if isinstance(value, list) else value

    message = REQUESTS[next(iter(request))]()
    json_format.ParseDict(convert(copy.deepcopy(request)), message)
    return message.SerializeToString(deterministic=True)


def documents(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines() if line]
    return [json.loads(text)]


def frames(messages):
    return b"".join(struct.pack(">I", len(message)) + message for message in messages)


def write(directory):
    for name in sorted(os.listdir(directory)):
        stem, extension = os.path.splitext(name)
        if extension not in (".json", ".jsonl"):
            continue
        messages = [encode(request) for request in documents(os.path.join(directory, name))]
        form, content = (".frames", frames(messages)) if extension == ".jsonl" else (
            ".pb", messages[0])
        with open(os.path.join(directory, stem + form), "wb") as file:
            file.write(content)


class Maker:
    """Requests with everything OTLP has, and numbers at the ends of their ranges."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def some(self, **members):
        return {key: make() for key, make in members.items() if self.random.random() < 0.75}

    def pick(self, *values):
        return self.random.choice(values)

    def text(self):
        return self.pick("", "a", "claude_code.api_request", "Grüße 🚀", "tab\tline\n\"quote\"\\",
                         "\u2028", "x" * 300, "7")

    def integer(self, low, high):
        value = self.pick(low, high, 0, 1, self.random.randint(low, high))
        return self.pick(value, str(value))

    def unsigned(self):
        return self.integer(0, 2**64 - 1)

    def small(self):
        return self.random.randint(0, 2**32 - 1)

    def real(self):
        value = self.pick(0.0, -0.0, 1.0, 0.1, 5e-324, 1.7976931348623157e308, -2.5e-7, 1e16, 1e22,
                          123456789.125, 0.0027651900000000003, math.inf, -math.inf, math.nan)
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"

    def id(self, count):
        return self.pick("", self.random.randbytes(count).hex())

    def value(self, depth=0):
        kind = self.random.randrange(8 if depth < 4 else 5)
        if kind == 0:
            return {"stringValue": self.text()}
        if kind == 1:
            return {"boolValue": self.pick(True, False)}
        if kind == 2:
            return {"intValue": self.integer(-2**63, 2**63 - 1)}
        if kind == 3:
            return {"doubleValue": self.real()}
        if kind == 4:
            return {"bytesValue": base64.b64encode(self.random.randbytes(
                self.random.randrange(5))).decode()}
        if kind == 5:
            return {"arrayValue": {"values": [self.value(depth + 1)
                                              for _ in range(self.random.randrange(4))]}}
        if kind == 6:
            return {"kvlistValue": {"values": self.attributes(depth + 1)}}
        return {}

    def attributes(self, depth=0):
        keys = ["session.id", "event.name", "event.sequence", "adw_id", "k", "key \"q\"", "ü"]
        return [{"key": key, "value": self.value(depth)}
                for key in self.random.sample(keys, self.random.randrange(4))]

    def exemplar(self):
        return self.some(timeUnixNano=self.unsigned, filteredAttributes=self.attributes,
                         asInt=lambda: self.integer(-2**63, 2**63 - 1),
                         traceId=lambda: self.id(16), spanId=lambda: self.id(8))

    def many(self, make):
        return lambda: [make() for _ in range(self.random.randrange(3))]

    def times(self):
        return dict(startTimeUnixNano=self.unsigned, timeUnixNano=self.unsigned,
                    attributes=self.attributes)

    def number_point(self):
        point = self.some(**self.times(), exemplars=self.many(self.exemplar), flags=self.small)
        point |= self.pick({}, {"asDouble": self.real()},
                           {"asInt": self.integer(-2**63, 2**63 - 1)})
        return point

    def statistics(self):
        return dict(count=self.unsigned, sum=self.real, flags=self.small)

    def histogram_point(self):
        return self.some(**self.times(), **self.statistics(), min=self.real, max=self.real,
                         bucketCounts=self.many(self.unsigned), explicitBounds=self.many(self.real),
                         exemplars=self.many(self.exemplar))

    def exponential_point(self):
        buckets = lambda: self.some(offset=lambda: self.random.randint(-2**31, 2**31 - 1),
                                    bucketCounts=self.many(self.unsigned))
        return self.some(**self.times(), **self.statistics(), min=self.real, max=self.real,
                         scale=lambda: self.random.randint(-2**31, 2**31 - 1),
                         zeroCount=self.unsigned, positive=buckets, negative=buckets,
                         exemplars=self.many(self.exemplar), zeroThreshold=self.real)

    def summary_point(self):
        quantile = lambda: self.some(quantile=self.real, value=self.real)
        return self.some(**self.times(), **self.statistics(),
                         quantileValues=self.many(quantile))

    def points(self, make):
        return {"dataPoints": [make() for _ in range(self.random.randrange(1, 4))]}

    def metric(self):
        head = {"aggregationTemporality": self.random.randrange(3)}
        data = self.pick(
            {"gauge": self.points(self.number_point)},
            {"sum": self.points(self.number_point) | head
             | {"isMonotonic": self.pick(True, False)}},
            {"histogram": self.points(self.histogram_point) | head},
            {"exponentialHistogram": self.points(self.exponential_point) | head},
            {"summary": self.points(self.summary_point)})
        return {"name": self.pick("claude_code.token.usage", "m")} | self.some(
            description=self.text, unit=self.text, metadata=self.attributes) | data

    def log(self):
        # A record without a time does not tell in protobuf that it is one of a log.
        return {"timeUnixNano": str(self.random.randint(1, 2**64 - 1))} | self.some(
            observedTimeUnixNano=self.unsigned, severityNumber=lambda: self.random.randrange(25),
            severityText=self.text, body=self.value, attributes=self.attributes,
            droppedAttributesCount=self.small, flags=self.small, traceId=lambda: self.id(16),
            spanId=lambda: self.id(8), eventName=self.text)

    def span(self):
        event = lambda: self.some(timeUnixNano=self.unsigned, name=self.text,
                                  attributes=self.attributes, droppedAttributesCount=self.small)
        link = lambda: self.some(traceId=lambda: self.id(16), spanId=lambda: self.id(8),
                                 traceState=self.text, attributes=self.attributes,
                                 droppedAttributesCount=self.small, flags=self.small)
        status = lambda: self.some(message=self.text, code=lambda: self.random.randrange(3))
        ids = {"traceId": self.random.randbytes(16).hex(), "spanId": self.random.randbytes(8).hex()}
        return ids | self.some(
            parentSpanId=lambda: self.id(8), traceState=self.text, flags=self.small, name=self.text,
            kind=lambda: self.random.randrange(6), startTimeUnixNano=self.unsigned,
            endTimeUnixNano=self.unsigned, attributes=self.attributes,
            droppedAttributesCount=self.small, events=self.many(event),
            droppedEventsCount=self.small, links=self.many(link), droppedLinksCount=self.small,
            status=status)

    def request(self):
        groups, scopes, records, make = self.pick(
            ("resourceLogs", "scopeLogs", "logRecords", self.log),
            ("resourceMetrics", "scopeMetrics", "metrics", self.metric),
            ("resourceSpans", "scopeSpans", "spans", self.span))
        entity = lambda: self.some(schemaUrl=self.text, type=self.text, idKeys=self.many(self.text),
                                   descriptionKeys=self.many(self.text))
        resource = lambda: self.some(attributes=self.attributes, droppedAttributesCount=self.small,
                                     entityRefs=self.many(entity))
        scope = lambda: self.some(name=self.text, version=self.text, attributes=self.attributes,
                                  droppedAttributesCount=self.small)
        some = lambda make: [make() for _ in range(self.random.randrange(1, 3))]
        return {groups: some(lambda: self.some(resource=resource, schemaUrl=self.text) | {
            scopes: some(lambda: self.some(scope=scope, schemaUrl=self.text) | {
                records: some(make)})})}


def events(tacho, path):
    with tempfile.TemporaryDirectory() as directory:
        store = os.path.join(directory, "store")
        subprocess.run([tacho, "import", path, "--as", "otlp", "--store", store, "--quiet"],
                       check=True, stdout=subprocess.DEVNULL)
        lines = subprocess.run([tacho, "cat", "--store", store], check=True,
                               stdout=subprocess.PIPE).stdout.splitlines()
    found = []
    for line in lines:
        envelope = json.loads(line)
        if not envelope["type"].startswith("otel."):
            continue
        # The data's own bytes: parsing would hide a difference of spelling.
        data = line[line.index(b',"data":') + 8:]
        data = data[:data.rindex(b"}", 0, data.rindex(b"}")) + 1]
        found.append((envelope["id"], envelope["stream"], envelope["type"], envelope["source"],
                      envelope.get("time"), data.split(b',"_crc')[0]))
    return found


def check(seed, count):
    tacho = os.environ.get("TACHO", "tacho")
    maker = Maker(seed)
    requests = [maker.request() for _ in range(count)]
    with tempfile.TemporaryDirectory() as directory:
        lines = os.path.join(directory, "requests.jsonl")
        with open(lines, "w", encoding="utf-8") as file:
            for request in requests:
                json.dump(request, file, ensure_ascii=maker.pick(True, False))
                file.write("\n")
        binary = os.path.join(directory, "requests.frames")
        with open(binary, "wb") as file:
            file.write(frames(encode(request) for request in requests))
        left, right = events(tacho, lines), events(tacho, binary)
    for a, b in zip(left, right):
        if a != b:
            sys.exit(f"seed {seed}: JSON and protobuf differ\n{a}\n{b}")
    if len(left) != len(right) or not left:
        sys.exit(f"seed {seed}: {len(left)} events of JSON, {len(right)} of protobuf")
    print(f"seed {seed}: {count} requests, {len(left)} events, the same from both encodings")


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"] and len(sys.argv) == 3:
        write(sys.argv[2])
    elif sys.argv[1:2] == ["check"]:
        check(int((sys.argv[2:3] or ["1"])[0]), int((sys.argv[3:4] or ["300"])[0]))
    else:
        sys.exit(__doc__)
