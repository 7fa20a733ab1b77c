"""The usual Python hook: read the event, stamp it, append it to a file."""

import json
import sys
from datetime import datetime, timezone

event = json.load(sys.stdin)
line = {"timestamp": datetime.now(timezone.utc).isoformat(), "payload": event}
with open(sys.argv[1], "a") as log:
    log.write(json.dumps(line) + "\n")
