"""The rules of data/experiments/criteria.md, on numbers whose verdict is known."""

import numpy as np
import pytest

from helpers.measures import DIRECTIONS
from tools.toy_runs import GROUPS
from tools.toy_summary import MEASURES, is_seen, losses_table, verdict, verdicts

TO_ZEBRA, TO_HORSE = DIRECTIONS


@pytest.mark.parametrize(
    "differences, least, expected",
    [
        ([[0.2, 0.3, 0.4]], [0.1], "supported"),
        ([[0.2, 0.3, -0.01]], [0.1], "undecided"),
        ([[0.02, 0.03, 0.04]], [0.1], "not supported"),  # surely smaller than the least size
        ([[-0.1, 0.1, 0.25]], [0.1], "undecided"),  # may be smaller
        ([[-0.2, -0.3, -0.4]], [0.1], "not supported"),
        ([[0.2, 0.3, 0.4], [-0.2, -0.3, -0.4]], [0.1, 0.1], "undecided"),
        ([[0.2, 0.3, 0.4], [0.2, 0.3, 0.4]], [0.1, 0.35], "undecided"),
    ],
)
def test_a_verdict_needs_every_seed_and_the_least_size(differences, least, expected):
    assert verdict([np.array(d) for d in differences], least) == expected


def run(condition, seed):
    """A stored run whose numbers are all 0.5."""
    row = dict.fromkeys((*MEASURES, "change_inside", "progress"), 0.5)
    row |= {"painted": {"bay": 0.5}, "anchors": {"nothing": {"error_inside": 1.0}}}
    lengths = [f"length {n}" for n in (0.3, 0.8)]
    probes = [*lengths, "clutter 0", "clutter 8", "bay horses", "black horses", "white horses"]
    return {
        "condition": condition, "seed": seed, "report": {d: dict(row) for d in DIRECTIONS},
        "pictures": {d: {m: [0.0, 0.2, 0.8, 1.0] for m in row} for d in DIRECTIONS},
        "probes": {name: {d: dict(row) for d in DIRECTIONS} for name in probes},
    }  # fmt: skip


def means(runs):
    """Of each statement's differences."""
    return {name: [d.mean() for d in some] for name, (some, _) in verdicts(runs).items()}


def with_value(some, direction, measure, values):
    for facts, value in zip(some, values):
        facts["report"][direction][measure] = value
    return some


def test_a_loss_is_seen_where_all_seeds_are_worse_by_twice_the_spread():
    def runs(direction, measure, whole, without):
        return {
            name: with_value([run(name, s) for s in range(3)], direction, measure, values)
            for name, values in (("all", whole), ("without", without))
        }

    spread = [0.50, 0.52, 0.54]
    for direction, measure, without, seen in (
        (TO_ZEBRA, "striped", [0.3, 0.3, 0.3], True),
        (TO_ZEBRA, "striped", [0.3, 0.3, 0.5], False),
        (TO_ZEBRA, "striped", [0.9, 0.9, 0.9], False),
        (TO_HORSE, "striped", [0.9, 0.9, 0.9], True),
        (TO_ZEBRA, "error_inside", [0.9, 0.9, 0.9], True),
        (TO_ZEBRA, "outline", [0.3, 0.3, 0.3], True),
        (TO_ZEBRA, "round_trip", [0.55, 0.57, 0.59], False),
    ):
        some = runs(direction, measure, spread, without)
        assert is_seen(some, "without", direction, measure) is seen, (direction, measure)


def test_the_table_has_a_row_for_each_condition_and_a_star_where_a_loss_is_seen():
    runs = {name: [run(name, s) for s in range(3)] for name in ("all", "without-adv_ab")}
    with_value(runs["all"], TO_ZEBRA, "striped", [0.8, 0.82, 0.84])
    with_value(runs["without-adv_ab"], TO_ZEBRA, "striped", [0.0, 0.1, 0.05])
    lines = losses_table(runs).splitlines()
    assert len(lines) == 4 and "0.820 ±0.020 |" in lines[2]
    assert lines[3].startswith("| without-adv_ab | 3 | 0.050 ±0.050 * | 0.500 ±0.000 |")


def test_every_statement_compares_what_the_criteria_name():
    runs = {n: [run(n, s) for s in range(5)] for names, _ in GROUPS.values() for n in names}
    for differences, _ in verdicts(runs).values():
        assert all(len(values) == 5 for values in differences)
    flat = means(runs)
    assert flat["R1"] == pytest.approx([0.7, 0.7]) and flat["R5a"] == pytest.approx([1 / 6])
    zero = {name: value for name, value in flat.items() if name not in ("R1", "R5a")}
    assert all(value == pytest.approx([0] * len(value)) for value in zero.values())

    for facts in runs["varied"] + runs["size"]:
        facts["probes"]["length 0.8"][TO_ZEBRA].update(striped=0.9, change_inside=0.8)
    for facts in runs["size-no-identity"]:
        facts["probes"]["length 0.3"][TO_ZEBRA].update(progress=0.7)
    for facts in runs["varied"]:
        facts["probes"]["white horses"][TO_ZEBRA].update(striped=0.1)
    with_value(runs["coats-3-1"], TO_HORSE, "error_inside", [0.6] * 5)
    with_value(runs["brown-90"], TO_HORSE, "painted", [{"bay": 1.0}] * 5)
    changed = means(runs)
    assert changed["R2a"] == pytest.approx([0.4, 0]) and changed["R2b"] == pytest.approx([0.2, 0])
    assert changed["R3a"] == pytest.approx([0.3]) and changed["R3c"] == pytest.approx([0, 0.2])
    assert changed["R4b"] == pytest.approx([0.1, 0]) and changed["R5b"] == pytest.approx([0.5])
