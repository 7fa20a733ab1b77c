"""The usual Python hook: read the event, stamp it, post it to a server."""

import json
import sys
import urllib.request
from datetime import datetime, timezone

event = json.load(sys.stdin)
line = {"timestamp": datetime.now(timezone.utc).isoformat(), "payload": event}
request = urllib.request.Request(
    sys.argv[1],
    data=json.dumps(line).encode(),
    headers={"Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=2) as response:
    response.read()
