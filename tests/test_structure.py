"""A module imports only from the floors below it, and every helper is taught or is plumbing."""

import ast
import importlib
import inspect
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    "toy": 0, "download": 0, "settings": 0, "pictures": 0,
    "networks": 1, "images": 1, "folders": 1, "distributed": 1,
    "objectives": 2, "checkpoints": 2, "plots": 2,
    "training": 3, "evaluation": 3,
    "widgets": 4, "exercises": 4,
    "__main__": 5,
}  # fmt: skip
SAME_FLOOR = {
    ("toy", "settings"), ("download", "settings"), ("pictures", "settings"),
    ("images", "folders"), ("plots", "objectives"),
}  # fmt: skip

# Where a public helper is built by hand and proved equal; "plumbing" needs no lesson.
TAUGHT = {
    "networks": {
        "convolution": "02_generator", "upsampling": "02_generator",
        "ResidualBlock": "02_generator", "Generator": "02_generator",
        "initialise": "02_generator", "pad_to_multiple": "02_generator",
        "parameter_count": "02_generator",
        "Discriminator": "03_discriminator", "receptive_field": "03_discriminator",
    },
    "objectives": {
        name: "04_losses"
        for name in (
            "least_squares", "adversarial_loss", "discriminator_loss", "cycle_loss",
            "identity_loss", "generator_losses", "discriminator_losses", "weighted_sum", "History",
        )
    } | {"Networks": "plumbing"},
    "training": {
        "train_step": "05_training", "learning_rate_factor": "05_training",
        **dict.fromkeys(
            ("Run", "train", "export", "round_trip", "preview", "identity_of", "check_same_run",
             "check_finite", "check_weights", "stop_for", "stop_signals",
             "memory_errors_explained", "lost_process_explained", "own_history", "start_from",
             "seconds_left"),
            "plumbing",
        ),
    },
    "images": {
        "to_float": "01_dataset", "to_uint8": "01_dataset", "augment": "01_dataset",
        "shuffled_indices": "01_dataset",
        **dict.fromkeys(
            ("Domains", "Streamed", "take", "checksum", "pair_indices", "centre_crop",
             "folder_domains", "toy_domains", "translate"), "plumbing",
        ),
    },
}  # fmt: skip
PLUMBING = {"toy", "download", "settings", "pictures", "folders", "checkpoints", "distributed",
            "plots", "evaluation", "__main__"}  # fmt: skip


def imported(path):
    """Modules of helpers that a file imports, by their first name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "helpers":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("helpers."):
            yield node.module.split(".")[1]


@pytest.mark.parametrize("path", sorted((ROOT / "helpers").rglob("*.py")), ids=lambda p: p.name)
def test_imports_go_down_only(path):
    name = path.relative_to(ROOT / "helpers").parts[0].removesuffix(".py")
    if name == "__init__":
        assert not list(imported(path))
        return
    for other in imported(path):
        allowed = FLOORS[other] < FLOORS[name] or other == name or (name, other) in SAME_FLOOR
        assert allowed, f"{name} imports {other}"
    if FLOORS[name] not in (2, 4):
        assert "IPython" not in path.read_text()


def public(module):
    module = importlib.import_module(f"helpers.{module}")
    for name, thing in vars(module).items():
        mine = getattr(thing, "__module__", "") == module.__name__
        if mine and not name.startswith("_") and (inspect.isclass(thing) or callable(thing)):
            yield name, thing


@pytest.mark.parametrize("module", FLOORS)
def test_public_helpers_say_what_they_do(module):
    for name, thing in public(module):
        assert inspect.getdoc(thing), f"helpers.{module}.{name} has no docstring"


@pytest.mark.parametrize("module", sorted(TAUGHT.keys() | PLUMBING))
def test_every_public_helper_is_taught_or_plumbing(module):
    if module in PLUMBING:
        return
    assert {name for name, _ in public(module)} == set(TAUGHT[module])
    for name, where in TAUGHT[module].items():
        if where != "plumbing":
            notebook = nbformat.read(ROOT / "notebooks" / f"{where}.ipynb", as_version=4)
            code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code")
            assert name in code, f"{where} does not use {name}"
            assert "assert" in code
