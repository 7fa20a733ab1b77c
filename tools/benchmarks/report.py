"""Rows of results: medians with their range, ratios run by run, goals."""

import statistics

RELATIONS = {">=": lambda value, goal: value >= goal, "<=": lambda value, goal: value <= goal}


def summary(runs):
    return {"median": statistics.median(runs), "min": min(runs), "max": max(runs), "runs": runs}


def percentile(values, percent):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(1, -(-len(ordered) * percent // 100)) - 1]


class Report:
    def __init__(self, bench):
        self.bench = bench
        self.machine = {}
        self.parameters = {}
        self.versions = {}
        self.rows = []
        self.warnings = []

    def warn(self, text):
        if text not in self.warnings:
            self.warnings.append(text)

    def row(self, id, name, unit, ours, peer=None, peer_name=None, inverse=False, goal=None):
        """Adds a row.

        `ours` and `peer` hold one value for each run; the ratio is taken run by run as ours/peer,
        or peer/ours if `inverse`. `goal` is (relation, value) and asks of the ratio if there is a
        peer, else of our median.
        """
        ratio = None
        if peer:
            pairs = [(b, a) if inverse else (a, b) for a, b in zip(ours, peer)]
            ratio = summary([a / b for a, b in pairs])
        met = None
        if goal:
            value = ratio["median"] if ratio else statistics.median(ours)
            met = RELATIONS[goal[0]](value, goal[1])
        self.rows.append({
            "id": id,
            "name": name,
            "unit": unit,
            "ours": summary(ours),
            "peer": {"name": peer_name, **summary(peer)} if peer else None,
            "ratio": {"of": "peer/ours" if inverse else "ours/peer", **ratio} if ratio else None,
            "goal": {"of": "ratio" if ratio else "ours", "relation": goal[0], "value": goal[1]}
            if goal else None,
            "met": met,
        })

    def as_json(self):
        return {
            "schema": "tacho.bench/1",
            "bench": self.bench,
            "machine": self.machine,
            "parameters": self.parameters,
            "versions": self.versions,
            "rows": self.rows,
            "warnings": self.warnings,
        }

    def as_markdown(self):
        """A section of Performance.md."""
        lines = [
            f"### tools/bench {self.bench}", "", facts(self.parameters) + ".", "",
            "| | what | ours | peer | ratio | goal | met |", "|---|---|---|---|---|---|---|",
        ]
        for row in self.rows:
            id, name, ours, peer, peer_name, ratio, goal, met = text_row(row)
            theirs = f"{peer} {peer_name}".strip()
            lines.append(f"| {id} | {name} | {ours} | {theirs} | {ratio} | {goal} | {met} |")
        return "\n".join(lines + [f"\n{text}." for text in self.warnings])

    def as_text(self):
        lines = [f"bench {self.bench}: {facts(self.parameters)}", facts(self.machine)]
        if self.versions:
            lines.append(facts(self.versions))
        lines.append("")
        titles = ["", "what", "ours", "peer", "", "ratio", "goal", "met"]
        cells = [titles] + [text_row(row) for row in self.rows]
        widths = [max(len(row[i]) for row in cells) for i in range(len(titles))]
        for row in cells:
            padded = (cell.ljust(width) for cell, width in zip(row, widths))
            lines.append("  ".join(padded).rstrip())
        if self.warnings:
            lines.append("")
            lines += [f"note: {text}" for text in self.warnings]
        return "\n".join(lines)


def facts(values):
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def spread(values):
    return f"{number(values['median'])} [{number(values['min'])}…{number(values['max'])}]"


def text_row(row):
    peer, ratio, goal = row["peer"], row["ratio"], row["goal"]
    goal_text = ""
    if goal:
        sign = {">=": "≥", "<=": "≤"}[goal["relation"]]
        value = goal["value"]
        shown = f"1/{round(1 / value)}" if value < 0.1 else number(value)
        goal_text = f"{sign} {shown}" + (" ×" if goal["of"] == "ratio" else f" {row['unit']}")
    ratio_text = ""
    if ratio:
        ratio_text = spread(ratio)
        if 0 < ratio["median"] < 0.1:
            ratio_text = f"1/{round(1 / ratio['median'])}"
    return [
        row["id"],
        row["name"],
        f"{spread(row['ours'])} {row['unit']}",
        spread(peer) if peer else "",
        peer["name"] if peer else "",
        ratio_text,
        goal_text,
        {True: "yes", False: "no", None: ""}[row["met"]],
    ]
