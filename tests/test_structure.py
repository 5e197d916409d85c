"""Imports go one way only, so that the package can be read from top to bottom."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# A module imports from those before it.
ORDER = (
    "data.drawings data.horse2zebra data.images data.domains networks losses config distributed "
    "checkpoints weights training results.toy results.fid results.stored_runs show widgets "
    "notebook __main__"
).split()
MODULES = sorted(path for path in (ROOT / "helpers").rglob("*.py") if path.stem != "__init__")


def imported(source: str) -> set[str]:
    """Full names, "helpers.data.domains" for both ways to write the import."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def place(name: str) -> int | None:
    """Where a module of the package stands in ORDER; None for what is none."""
    parts = name.removeprefix("helpers.").split(".")
    if parts[0] == "widgets":
        return ORDER.index("widgets")
    return ORDER.index(".".join(parts)) if ".".join(parts) in ORDER else None


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(ROOT / "helpers").as_posix())
def test_a_module_imports_only_from_those_before_it(path):
    own = place(".".join(path.relative_to(ROOT).with_suffix("").parts))
    assert own is not None, f"{path.name} has no place in ORDER"
    for name in imported(path.read_text("utf-8")):
        assert name.partition(".")[0] not in ("exercises", "tools", "tests"), name
        if name.startswith("helpers.") and place(name) is not None:
            assert place(name) < own or (place(name) == own and "widgets" in name), name
