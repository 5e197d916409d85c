"""What the runs of a folder say: the table of the losses, and the verdicts on R1 to R5.

    python -m tools.toy_summary runs/toy

The rules are those of data/experiments/criteria.md, written before the runs.
"""

import itertools
import math
from collections.abc import Callable

import numpy as np

from helpers.measures import DIRECTIONS
from helpers.widgets import sweep
from helpers.widgets.sweep import is_seen
from helpers.widgets.sweep import values as of
from tools import Parser
from tools.toy_runs import GROUPS, table

TO_ZEBRA, TO_HORSE = DIRECTIONS
MEASURES = tuple(sweep.SHORT)


def losses_table(runs: dict[str, list[dict]]) -> str:
    """Markdown: mean over seeds and the largest distance from it; * where a loss is seen."""
    head = [f"{d} {m}" for d in DIRECTIONS for m in MEASURES]
    lines = ["| left out | seeds | " + " | ".join(head) + " |", "|---" * (len(head) + 2) + "|"]
    names = [n for n in (*GROUPS["ablations"][0], *GROUPS["sweep"][0]) if n in runs]
    for name in names:
        cells = []
        for direction, measure in itertools.product(DIRECTIONS, MEASURES):
            values = of(runs[name], direction, measure)
            cell = f"{values.mean():.3f} ±{abs(values - values.mean()).max():.3f}"
            cells.append(cell + " *" * is_seen(runs, name, direction, measure, seeds=2))
        lines.append(f"| {name} | {len(runs[name])} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def verdict(differences: list[np.ndarray], least: list[float]) -> str:
    """supported, not supported or undecided: differences are one number a seed, for each rule."""
    answers = set()
    for values, size in zip(differences, least):
        error = values.std(ddof=1) / len(values) ** 0.5
        if (values > 0).all() and values.mean() >= size:
            answers.add("supported")
        elif (values < 0).all() or (values.mean() < size and error < size / 2):
            answers.add("not supported")
        else:
            answers.add("undecided")
    return answers.pop() if len(answers) == 1 else "undecided"


def probe(run: dict, name: str, direction: str, outcome: str) -> float:
    """An outcome at one probe; "share" is change_inside over the error of doing nothing."""
    row = run["probes"][name][direction]
    if outcome == "share":
        return row["change_inside"] / row["anchors"]["nothing"]["error_inside"]
    return row[outcome]


def verdicts(runs: dict[str, list[dict]]) -> dict[str, tuple[list[np.ndarray], list[float]]]:
    """For each statement: the differences, one number a seed, and the least sizes."""

    def each(condition: str, number: Callable[[dict], float]) -> np.ndarray:
        return np.array([number(run) for run in runs[condition]])

    def between(condition: str, more: str, less: str, outcome: str) -> np.ndarray:
        return each(
            condition,
            lambda run: probe(run, more, TO_ZEBRA, outcome) - probe(run, less, TO_ZEBRA, outcome),
        )

    def spread(outcome: str) -> np.ndarray:
        quartiles = each(
            "varied",
            lambda run: np.ptp(np.percentile(run["pictures"][TO_ZEBRA][outcome], [25, 75])),
        )
        return quartiles - np.ptp(of(runs["varied"], TO_ZEBRA, outcome))

    def brown_is_better(condition: str) -> np.ndarray:
        others = ("black horses", "white horses")
        return sum(between(condition, "bay horses", other, "striped") for other in others) / 2

    def held_back(condition: str, name: str, outcome: str) -> np.ndarray:
        free, held = (
            each(c, lambda run: probe(run, name, TO_ZEBRA, outcome))
            for c in (f"{condition}-no-identity", condition)
        )
        return free - held

    def rise(condition: str, direction: str) -> np.ndarray:
        return of(runs[condition], direction, "error_inside") - of(
            runs["all"], direction, "error_inside"
        )

    def bay(condition: str) -> np.ndarray:
        return each(condition, lambda run: run["report"][TO_HORSE]["painted"]["bay"])

    both = runs["coats-3-3"]
    worse_back = of(both, TO_HORSE, "error_inside") - of(both, TO_ZEBRA, "error_inside")
    small, cluttered = "length 0.3", "clutter 8"
    return {
        "R1": ([spread("striped"), spread("progress")], [0.2, 0.2]),
        "R2a": (
            [between("varied", "length 0.8", small, o) for o in ("striped", "progress")],
            [0.1, 0.1],
        ),
        "R2b": ([brown_is_better("varied"), brown_is_better("coats-3-1")], [0.1, 0.1]),
        "R3a": ([between("size", "length 0.8", small, "share")], [0.1]),
        "R3b": ([between("clutter", "clutter 0", cluttered, "share")], [0.1]),
        "R3c": ([held_back("size", small, o) for o in ("share", "progress")], [0.1, 0.05]),
        "R3d": ([held_back("clutter", cluttered, o) for o in ("share", "progress")], [0.1, 0.05]),
        "R4a": ([worse_back], [0.05]),
        "R4b": ([rise("coats-3-1", TO_HORSE), rise("coats-1-3", TO_ZEBRA)], [0.02, 0.02]),
        "R5a": ([bay("coats-3-1") - 1 / 3], [0.2]),
        "R5b": ([bay("brown-90") - bay("brown-10")], [0.3]),
    }


def main(arguments: list[str] | None = None) -> None:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("folder", help="what tools.toy_runs has filled")
    runs = sweep.read(parser.parse_args(arguments).folder, math.inf)
    print(losses_table(runs))
    missing = {name for name, seed in table(list(GROUPS)) if seed >= len(runs.get(name, ()))}
    if missing:
        print(f"\nNo verdicts yet, seeds of these are missing: {', '.join(sorted(missing))}")
        return
    for statement, (differences, least) in verdicts(runs).items():
        told = "; ".join(
            f"{d.mean():+.3f} (from {d.min():+.3f} to {d.max():+.3f}, n = {len(d)}, least {size})"
            for d, size in zip(differences, least)
        )
        print(f"{statement:4} {verdict(differences, least):14} {told}")


if __name__ == "__main__":
    main()
