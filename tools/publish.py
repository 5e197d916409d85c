"""Writes the address and the release of the course wherever they belong.

python -m tools.publish OWNER/NAME TAG

Set-up cells, pyproject.toml, CITATION.cff and links name them. The README has its buttons once the
address is real; until then a line says how to open notebook 00, and the book has no buttons.
"""

import argparse
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PLACEHOLDER = "OWNER/NAME"
FILES = ("pyproject.toml", "*.cff", "*.md", "docs/*.md", ".github/**/*.yml", "notebooks/*.ipynb")
BUTTONS = re.compile(r"(?<=<!-- open -->\n).*?(?=\n<!-- /open -->)", re.DOTALL)


def recorded(root: Path = ROOT) -> tuple[str, str]:
    """Repository and tag that pyproject.toml names: "owner/name", "v1.0"."""
    text = (root / "pyproject.toml").read_text("utf-8")
    repository = re.search(r'^Repository = "https://github.com/(.+)"', text, re.MULTILINE)[1]
    return repository, "v" + re.search(r'^version = "(.+)"', text, re.MULTILINE)[1]


def buttons(repository: str, tag: str) -> str:
    if repository == PLACEHOLDER:
        return (
            "**Open it:** in a clone, `make lab` installs all and opens notebook 00; `make book` "
            "makes the book with its\nlive pages."
        )
    page = f"{repository}/blob/{tag}/notebooks/00_start_here.ipynb"
    book = "https://{}.github.io/{}/".format(*repository.split("/"))
    colab = f"https://colab.research.google.com/github/{page}"
    return (
        f"[**Open 00 in Colab**]({colab}) · [**Read the book**]({book}) · "
        f"[**Play in the Lab**]({book}docs/lab.html)"
    )


def publish(root: Path, repository: str, tag: str) -> None:
    """Stamps every file under `root`. Raises ValueError for what is no address or no release."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository) or not re.fullmatch(r"v\d[\w.]*", tag):
        raise ValueError(f"expected owner/name and a tag like v1.0, not {repository!r}, {tag!r}")
    old = re.escape(recorded(root)[0])
    for path in {path for pattern in FILES for path in root.glob(pattern)}:
        text = path.read_text("utf-8")
        text = re.sub(rf"(?<=github\.com/){old}(?![\w-])", repository, text)
        text = re.sub(r"(?<= -b )v[\w.]+(?= https://github)", tag, text)
        text = BUTTONS.sub(buttons(repository, tag), text)
        if path.suffix in (".toml", ".cff"):
            text = re.sub(r'^(version(?: =|:) ")[\w.]+', rf"\g<1>{tag[1:]}", text, flags=re.M)
        path.write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m tools.publish", description=__doc__)
    parser.add_argument("repository", metavar="OWNER/NAME")
    parser.add_argument("tag", metavar="TAG")
    publish(ROOT, *vars(parser.parse_args()).values())
    print("https://github.com/{}, release {}".format(*recorded()))
