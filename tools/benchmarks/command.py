"""The command line of tools/bench."""

import argparse
import json
import signal
import sys

import append
import hook
import ingest
import replay
import store
from report import Report
from setting import BenchError, Setting

BENCHMARKS = {
    "append": append, "hook": hook, "ingest": ingest, "replay": replay, "store": store,
}


def parse():
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measures Tacho against its peers, as ratios taken in one run.",
        epilog="\n".join(
            f"  {name:8}{module.__doc__.splitlines()[0]}" for name, module in BENCHMARKS.items()
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bench", choices=[*sorted(BENCHMARKS), "all"], metavar="NAME",
                        help="see below; all: one after the other")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--markdown", action="store_true", help="as Performance.md has it")
    parser.add_argument("--quick", action="store_true", help="few events: does it still work?")
    parser.add_argument("--events", type=positive, metavar="N", help="events of the data set")
    parser.add_argument("--runs", type=positive, metavar="N", help="runs of each candidate")
    parser.add_argument("--seed", type=positive, default=1, metavar="N", help="default: 1")
    parser.add_argument("--dir", metavar="DIR", help="work there: its file system is measured")
    parser.add_argument("--hook", metavar="PATH", help="measure this program as tacho-hook")
    parser.add_argument("--tacho", metavar="PATH", help="measure this program as tacho")
    parser.add_argument("--keep", action="store_true", help="leave the working directory behind")
    return parser.parse_args()


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def interrupt(number, _frame):
    # As an exception, so that processes are ended and the working directory is removed.
    raise SystemExit(128 + number)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, interrupt)
    names = sorted(BENCHMARKS) if options.bench == "all" else [options.bench]
    reports, failed = [], False
    for name in names:
        report = Report(name)
        try:
            with Setting(options, report) as setting:
                BENCHMARKS[name].run(setting, report)
        except BenchError as error:
            # The others are measured all the same; what could not be is in the exit code.
            print(f"tools/bench {name}: {error}", file=sys.stderr)
            failed = True
            continue
        except KeyboardInterrupt:
            return 130
        reports.append(report)
        if not options.json:
            text = report.as_markdown() if options.markdown else report.as_text()
            print(text, end="\n\n" if len(names) > 1 else "\n", flush=True)
    if options.json:
        answers = [report.as_json() for report in reports]
        whole = answers if options.bench == "all" else answers[0] if answers else None
        json.dump(whole, sys.stdout, indent=2, ensure_ascii=False)
        print()
    return 1 if failed else 0
