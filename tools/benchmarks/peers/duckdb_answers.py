"""The peer DuckDB: the answers of the replay benchmark from an NDJSON file.

    duckdb_answers.py FILE all|streams|runs THREADS
    duckdb_answers.py FILE make|table THREADS DATABASE

`make` writes the table of the columns into a database of its own, `table` opens that and answers
from it twice; the time is of the second, which reads nothing from the file. `all` parses the file once into a temporary table with just the columns it needs and answers from
that; `streams` is the first answer alone, straight from the file; `runs` counts the workflows
with a state. Prints `done NANOSECONDS` (without starting Python) and the rows, tab-separated.
"""

import sys
import time

import duckdb

path, questions, threads = sys.argv[1:4]
file = sys.argv[4] if len(sys.argv) > 4 else ":memory:"

READ = """read_ndjson(?, columns = {
    position: 'UBIGINT', stream: 'VARCHAR', type: 'VARCHAR',
    data: 'STRUCT(tool_name VARCHAR, duration_ms BIGINT, phase_status VARCHAR, tokens_used BIGINT)'
})"""

TABLE = f"""CREATE {'' if questions == 'make' else 'TEMP '}TABLE event AS
SELECT position, stream, type, data.tool_name AS tool_name, data.duration_ms AS duration_ms,
    data.phase_status AS phase_status, data.tokens_used AS tokens_used
FROM {READ}"""

STREAMS = """SELECT 'stream', stream, count(*),
    coalesce(sum({0}duration_ms) FILTER (type = 'hook.PostToolUse'), 0),
    coalesce(sum({0}tokens_used) FILTER (starts_with(type, 'phase.')), 0),
    coalesce(arg_max({0}phase_status, position)
        FILTER (starts_with(type, 'phase.') AND {0}phase_status IS NOT NULL), '-')
FROM {1} GROUP BY stream"""

TOOLS = """SELECT 'tool', tool_name, count(*), quantile_disc(duration_ms, 0.95)
FROM event
WHERE type = 'hook.PostToolUse' AND tool_name IS NOT NULL AND duration_ms IS NOT NULL
GROUP BY tool_name"""

TYPES = "SELECT 'type', type, count(*) FROM event GROUP BY type"

RUNS = f"SELECT 'runs', count(DISTINCT stream) FROM {READ} WHERE type = 'state.snapshot'"

database = duckdb.connect(file)
database.execute(f"SET threads = {int(threads)}")


def answers():
    rows = []
    for query in (STREAMS.format("", "event"), TOOLS, TYPES):
        rows += database.execute(query).fetchall()
    return rows


if questions == "table":
    answers()
start = time.monotonic_ns()
rows = []
if questions == "make":
    database.execute(TABLE, [path])
elif questions == "all":
    database.execute(TABLE, [path])
    rows = answers()
elif questions == "table":
    rows = answers()
elif questions == "streams":
    rows = database.execute(STREAMS.format("data.", READ), [path]).fetchall()
else:
    rows = database.execute(RUNS, [path]).fetchall()
print("done", time.monotonic_ns() - start)
for row in rows:
    print(*row, sep="\t")
