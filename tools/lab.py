"""Lays out a reader's own copies of the notebooks, in my-notebooks, for `make lab`.

python -m tools.lab

A copy that a reader has changed is never written to again.
"""

import hashlib
import json
import shutil
from pathlib import Path

from tools import Parser

ROOT = Path(__file__).parent.parent
RECORD = ".copied-from.json"  # the sources, as a checksum, that each copy was made of


def sources(path: Path) -> str:
    """A checksum of what the cells of a notebook say; outputs and metadata come and go."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    texts = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()


def lay_out(originals: Path, copies: Path) -> list[str]:
    """Copies each notebook that has no copy yet, or a new original and a copy nobody has changed.

    Returns a sentence about each original that has changed since a reader changed its copy.
    """
    copies.mkdir(exist_ok=True)
    record = copies / RECORD
    known = json.loads(record.read_text("utf-8")) if record.exists() else {}
    sentences = []
    for original in sorted(originals.glob("*.ipynb")):
        name, copy, now = original.name, copies / original.name, sources(original)
        if not copy.exists() or known.get(name) != now and is_unchanged(copy, known.get(name)):
            shutil.copyfile(original, copy)
            known[name] = now
        elif known.get(name) != now:
            sentences.append(
                f"{name} has changed since you began to work on your copy: yours stays in "
                f"{copies.name}, and if you give it another name, the next call copies the new one."
            )
    record.write_text(json.dumps(known, indent=1) + "\n", "utf-8")
    return sentences


def is_unchanged(copy: Path, known: str | None) -> bool:
    """Whether a copy still says what it was made of; False for one that cannot be read."""
    try:
        return sources(copy) == known
    except (ValueError, KeyError, TypeError):
        return False


def main(arguments: list[str] | None = None) -> None:
    Parser(__spec__.name, __doc__).parse_args(arguments)
    for sentence in lay_out(ROOT / "notebooks", ROOT / "my-notebooks"):
        print(sentence)


if __name__ == "__main__":
    main()
