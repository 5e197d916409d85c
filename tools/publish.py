"""Writes the course's address and release wherever they stand.

python -m tools.publish [OWNER/NAME TAG]

That is: the set-up cell and the badges of every notebook, and the files that `[tool.course]` in
pyproject.toml lists; there, too, the address of now is recorded. Without arguments it writes that
one again, which brings new or rewritten notebooks into line and else changes nothing.
"""

import re
import sys
import tomllib
from pathlib import Path

import nbformat

from helpers.course import summary
from helpers.settings import PRESETS, UserError
from tools import Parser

ROOT = Path(__file__).parent.parent
PLACEHOLDER = "cyclegan-course/cyclegan-course"  # until there is a real one
NOTE = (
    f"> **Not published yet:** `{PLACEHOLDER}` is a placeholder, so the badges lead nowhere; "
    "`make publish REPO=owner/name TAG=v1.0` writes the real address everywhere.\n\n"
)
NOTE_BEFORE = "## The notebooks"

# Twelve lines, so dense: what can wait until there is a copy of the course is in helpers/course.py.
CELL = """\
# @title Set-up
import os, pathlib, sys, urllib.request as web, IPython
COURSE, TAG = "https://github.com/OWNER/NAME", "RELEASE"
here = [f for p in pathlib.Path("x").absolute().parents if (f := p / "helpers/course.py").exists()]
if not (here or "google.colab" in sys.modules or "KAGGLE_KERNEL_RUN_TYPE" in os.environ):
    raise IPython.core.error.UsageError(f"No course here: run `git clone -b {TAG} {COURSE}`.")
try:
    exec(web.urlopen(here[0].as_uri() if here else f"{COURSE}/raw/{TAG}/helpers/course.py").read())
except OSError as error:
    why = "is not there" if hasattr(error, "code") else "cannot be reached: switch the internet on"
    raise IPython.core.error.UsageError(f"{COURSE}, release {TAG}, {why}.")
preset, root, device, exercises, plt, np, torch, F, nn = set_up(COURSE, TAG, here)"""
METADATA = {"cellView": "form", "tags": ["hide-input"]}  # for Colab, for the book

BADGES = re.compile(r"^\[!\[Open in Colab\].*$", re.MULTILINE)
COLAB = (
    "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
    "(https://colab.research.google.com/github/{page})"
)
KAGGLE = (
    "[![Open in Kaggle](https://kaggle.com/static/images/open-in-kaggle.svg)]"
    "(https://kaggle.com/kernels/welcome?src=https://github.com/{page})"
)


def recorded(root: Path = ROOT) -> tuple[str, str]:
    """Repository and tag in pyproject.toml: "owner/name", "v1.0"."""
    course = settings(root)
    return course["repository"], course["tag"]


def settings(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["course"]


def replaced(text: str, old: tuple[str, str], new: tuple[str, str]) -> str:
    """The text with another repository, tag, and version (the tag without its v)."""
    for before, after in zip(old, new):
        text = re.sub(rf"(?<![\w.-]){re.escape(before)}(?![\w-]|\.(?!git\b)\w)", after, text)
    version, other = (tag.removeprefix("v") for _, tag in (old, new))
    return re.sub(
        rf'^(version\s*[:=]\s*"?){re.escape(version)}(?="?$)', rf"\g<1>{other}", text,
        flags=re.MULTILINE,
    )  # fmt: skip


def with_note(readme: str, repository: str) -> str:
    """README with the line that says that its address is not real, if that is so."""
    note = NOTE if repository == PLACEHOLDER else ""
    return readme.replace(NOTE_BEFORE, note + NOTE_BEFORE, 1)


def set_up_cell(repository: str, tag: str) -> str:
    """The source of every notebook's second cell."""
    return CELL.replace("OWNER/NAME", repository).replace("RELEASE", tag)


def badges(repository: str, tag: str, path: str) -> str:
    """The line of badges of a notebook that lies at `path` in the repository."""
    page = f"{repository}/blob/{tag}/{path}"
    return " ".join(badge.format(page=page) for badge in (COLAB, KAGGLE))


def stamp(notebook, path: str, old: tuple[str, str], new: tuple[str, str]) -> None:
    """Changes a notebook in place: addresses, badges of its title cell, its set-up cell.

    Of outputs only that of the set-up cell is written: the line that it would print on a CPU, for
    the preset that it printed before. Raises UserError where the first code cell is none.
    """
    for cell in notebook.cells:
        cell.source = replaced(cell.source, old, new)
    title, cell = notebook.cells[0], next(c for c in notebook.cells if c.cell_type == "code")
    if not re.match(r"# (@title )?Set-up", cell.source):
        raise UserError(f"The first code cell of {path} is not the set-up cell: put it there.")
    line = badges(*new, path)
    if BADGES.search(title.source):
        title.source = BADGES.sub(lambda _: line, title.source, count=1)
    else:
        heading, _, rest = title.source.partition("\n")
        title.source = f"{heading}\n\n{line}\n{rest}"
    cell.source, cell.metadata = set_up_cell(*new), nbformat.from_dict(METADATA)
    if cell.outputs:
        before = "".join(output.get("text", "") for output in cell.outputs)
        preset = next((n for n in PRESETS if re.search(rf"\b{n}\b", before)), "lecture")
        text = summary(new[1].removeprefix("v"), "cpu", preset) + "\n"
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]


def publish(root: Path, repository: str, tag: str) -> list[str]:
    """Stamps everything under `root` and returns what changed: paths from there.

    Raises UserError for a repository that is not "owner/name", a tag that is not like v1.0.
    """
    if not re.fullmatch(r"[A-Za-z\d][\w.-]*/[\w.-]+", repository):
        raise UserError(f"REPO must be owner/name as in the address on GitHub, not {repository!r}.")
    if not re.fullmatch(r"v\d+(\.\d+)*((a|b|rc)\d+)?", tag):
        raise UserError(f"TAG must be v and a version, such as v1.0, not {tag!r}.")
    old, new = recorded(root), (repository, tag)
    texts = {}
    for path in sorted({p for pattern in settings(root)["files"] for p in root.glob(pattern)}):
        texts[path] = replaced(path.read_text("utf-8").replace(NOTE, ""), old, new)
        if path.name == "README.md" and path.parent == root:
            texts[path] = with_note(texts[path], repository)
    for path in sorted(root.glob("notebooks/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        stamp(notebook, path.relative_to(root).as_posix(), old, new)
        texts[path] = nbformat.writes(notebook) + "\n"
    changed = [path for path, text in texts.items() if text != path.read_text("utf-8")]
    for path in changed:
        path.write_text(texts[path], "utf-8", newline="\n")
    return [path.relative_to(root).as_posix() for path in changed]


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(__spec__.name, __doc__)
    parser.add_argument("release", nargs="*", metavar="OWNER/NAME TAG", help="both, or nothing")
    release = parser.parse_args(arguments).release
    if len(release) not in (0, 2):
        print("Name both or nothing: make publish REPO=owner/name TAG=v1.0", file=sys.stderr)
        return 2
    try:
        changed = publish(ROOT, *(release or recorded()))
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    repository, tag = recorded()
    print(f"https://github.com/{repository}, release {tag}: {len(changed)} files changed")
    print("\n".join(changed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
