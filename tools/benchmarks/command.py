"""The command line of tools/bench."""

import argparse
import json
import signal
import sys

import append
import hook
import replay
from report import Report
from setting import BenchError, Setting

BENCHMARKS = {"append": append, "hook": hook, "replay": replay}


def parse():
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        description="Measures Tacho against its peers, as ratios taken in one run.",
        epilog="\n".join(
            f"  {name:8}{module.__doc__.splitlines()[0]}" for name, module in BENCHMARKS.items()
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("bench", choices=sorted(BENCHMARKS), metavar="NAME", help="see below")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
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
    report = Report(options.bench)
    try:
        with Setting(options, report) as setting:
            BENCHMARKS[options.bench].run(setting, report)
    except BenchError as error:
        print(f"tools/bench {options.bench}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if options.json:
        json.dump(report.as_json(), sys.stdout, indent=2, ensure_ascii=False)
        print()
    else:
        print(report.as_text())
    return 0
