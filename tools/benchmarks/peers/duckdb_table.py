"""The peer DuckDB: three questions about calls of tools, from its own table of four columns.

    duckdb_table.py CSV RUNS THREADS

Prints a line for each question: its name and the nanoseconds of each run; then lines `check NAME
VALUE`, by which the answers are compared with ours (`tacho bench --json`, `data.answers`).
"""

import sys
import time

import duckdb

path, runs, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

QUESTIONS = {
    "by_workflow": """SELECT adw_id, count(*), count(*) FILTER (status = 'failed'),
        sum(duration_ms) FROM call WHERE adw_id IS NOT NULL GROUP BY adw_id""",
    "by_tool": """SELECT tool_name, quantile_disc(duration_ms, 0.95) FROM call
        WHERE tool_name IS NOT NULL AND duration_ms IS NOT NULL GROUP BY tool_name""",
    "completed": "SELECT count(*) FROM call WHERE status = 'completed'",
}

database = duckdb.connect()
database.execute(f"SET threads = {threads}")
database.execute(
    """CREATE TABLE call AS SELECT * FROM read_csv(?, header = true, columns = {
        'adw_id': 'VARCHAR', 'tool_name': 'VARCHAR', 'status': 'VARCHAR',
        'duration_ms': 'BIGINT'})""", [path])
answers = {}
for name, query in QUESTIONS.items():
    times = []
    for _ in range(runs):
        start = time.monotonic_ns()
        answers[name] = database.execute(query).fetchall()
        times.append(time.monotonic_ns() - start)
    print(name, *times)
print("check by_workflow_groups", len(answers["by_workflow"]))
print("check by_workflow_count", sum(row[1] for row in answers["by_workflow"]))
print("check by_workflow_failures", sum(row[2] for row in answers["by_workflow"]))
print("check by_workflow_milliseconds", sum(row[3] or 0 for row in answers["by_workflow"]))
print("check by_tool_groups", len(answers["by_tool"]))
print("check by_tool_p95_sum", sum(row[1] for row in answers["by_tool"]))
print("check completed_count", answers["completed"][0][0])
