"""A module imports only from the floors below it, and every helper is taught or is plumbing."""

import ast
import importlib
import inspect
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
FLOORS = {
    "toy": 0, "download": 0, "settings": 0, "pictures": 0,
    "networks": 1, "images": 1, "folders": 1, "distributed": 1, "devices": 1, "options": 1,
    "guards": 1,
    "objectives": 2, "checkpoints": 2, "plots": 2, "previews": 2, "resume": 2, "measures": 2,
    "training": 3, "evaluation": 3, "runs": 3, "diagrams": 3,
    "widgets": 4, "exercises": 4, "forecast": 4,
    "__main__": 5, "course": 5,
}  # fmt: skip
SAME_FLOOR = {
    ("toy", "settings"), ("download", "settings"), ("pictures", "settings"),
    ("images", "folders"), ("distributed", "devices"),
    ("previews", "objectives"), ("previews", "checkpoints"), ("resume", "checkpoints"),
}  # fmt: skip

BUILT = re.compile(r"Built in notebook (\d\d), section (\d+(?:\.\d+)?)\.")


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
    if FLOORS[name] not in (2, 4) and name != "course":  # which is a notebook's first cell
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


def code_of(notebook, section=""):
    """The code of a notebook, or of the section with that number and the sections in it."""
    [path] = (ROOT / "notebooks").glob(f"{notebook}_*.ipynb")
    code, above = [], {}  # level -> title of the headings that the cell stands under
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            for mark, title in re.findall(r"^(##+) (.*)", cell.source, re.MULTILINE):
                above = {k: v for k, v in above.items() if k < len(mark)} | {len(mark): title}
        elif not section or any(title.startswith(f"{section} ") for title in above.values()):
            code.append(cell.source)
    return "\n".join(code)


def claims():
    """Module, name and docstring of each helper that names the notebook which builds it."""
    for module in FLOORS:
        for name, thing in public(module):
            words = " ".join((inspect.getdoc(thing) or "").split())
            if "Built in" in words:
                yield module, name, words


@pytest.mark.parametrize("module, name, words", list(claims()), ids=lambda text: text[:24])
def test_a_helper_is_built_where_its_docstring_says(module, name, words):
    """There it is imported and compared with the reader's own. What makes no claim is plumbing."""
    found = BUILT.search(words)
    assert found, f"{words} does not say: Built in notebook 02, section 3.1."
    notebook, number = found.groups()
    imports = rf"\b\w+\.{name}\b|from helpers\.{module} import .*\b{name}\b"
    assert re.search(imports, code_of(notebook)), f"notebook {notebook} does not import {name}"
    code = code_of(notebook, number)
    assert code, f"notebook {notebook} has no code in a section {number}"
    assert re.search(rf"\b{name}\b", code), f"notebook {notebook}, {number}, has no {name}"
    assert "assert" in code, f"notebook {notebook}, {number}, compares nothing"


def test_what_the_course_is_about_is_built_by_hand():
    built = {name for _, name, _ in claims()}
    assert built >= {"Generator", "Discriminator", "History", "train_step", "augment", "fid"}
    assert len(built) >= 26


def calls(path):
    """The calls in a file as (text of what is called, names of keywords, number of arguments)."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            names = {keyword.arg for keyword in node.keywords}
            yield ast.unparse(node.func), names, len(node.args)


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda p: p.name)
def test_no_test_waits_without_a_limit(path):
    for function, keywords, count in calls(path):
        starts = function in ("subprocess.run", "subprocess.check_output", "subprocess.check_call")
        waits = function.split(".")[-1] in ("join", "wait", "communicate") and not count
        if starts or waits:
            assert "timeout" in keywords, f"{function} has no timeout"


POSIX_ONLY = {"fcntl", "grp", "pty", "pwd", "resource", "termios"}


@pytest.mark.parametrize(
    "path", sorted(p for d in ("helpers", "tests", "tools") for p in (ROOT / d).rglob("*.py")),
    ids=lambda p: p.name,
)  # fmt: skip
def test_everything_can_be_imported_on_windows(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not POSIX_ONLY & {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module not in POSIX_ONLY
