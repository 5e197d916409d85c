"""Every number that a notebook's prose states is printed by one of its cells, or has a source.

What counts as stated: decimals, percentages and whole numbers above 12, outside code, formulas,
links, and what is a name rather than a measurement (years, sections, sizes, minutes, layer names).
The few that come from elsewhere stand in numbers.toml, each with where it is from.
"""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
PATHS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
LIST = Path(__file__).with_name("numbers.toml")
EXCEPTIONS = tomllib.loads(LIST.read_text(encoding="utf-8")) if LIST.exists() else {}

NUMBER = r"(?<![\w.,-])[-+]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|\.\d)"
NO_PROSE = [
    r"<details>.*?</details>",  # solutions: worked by hand, and checked by their exercise
    r"```.*?```", r"`[^`\n]*`", r"\$\$.*?\$\$", r"\$[^$\n]*\$", r"<[^>]*>", r"\]\([^)]*\)",
    r"https?://\S+", r"arXiv[: ]*[\d.]+", r"^#+ [^\n]*",
]  # fmt: skip
NAMES = [
    r"\b(1[89]|20)\d\d\b",  # years
    r"(?i)\b(sections?|exercises?|appendix|appendices|notebooks?|chapters?|tables?|figures?|fig\.|"
    r"equations?|steps?|seeds?|part|cell|row|column|python|torch|version|hint) \d+(\.\d+)*"
    r"((,| and| to| or) \d+(\.\d+)*)*",
    r"\d+ ?(x|×|by) ?\d+( ?(x|×|by) ?\d+)*",  # sizes
    r"\d[\d,.]*(-| to | and | or )?\d*[ -](px|pixels?|minutes?|hours?|seconds?|bits?|bytes?|"
    r"[kKMG]B|Mi?B|Gi?B|lines?)\b",
    r"Time: [^\n]*?(?=Previous|Needs|$)",  # the first cell's promise
]  # fmt: skip


def prose(texts: list[str]) -> str:
    text = "\n\n".join(texts)
    for pattern in NO_PROSE:
        text = re.sub(pattern, " ", text, flags=re.DOTALL | re.MULTILINE)
    text = " ".join(text.split())
    for pattern in NAMES:
        text = re.sub(pattern, " ", text)
    return text


def prose_of(notebook) -> str:
    return prose([cell.source for cell in notebook.cells if cell.cell_type == "markdown"])


def shown(notebook) -> str:
    """What the cells print, and the constants that they are written with."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts.append(cell.source)
            for output in cell.outputs:
                texts.append(output.get("text", ""))
                texts.append(output.get("data", {}).get("text/plain", ""))
                texts.append(output.get("data", {}).get("text/html", ""))
                texts.append(output.get("data", {}).get("text/markdown", ""))
    return "\n".join(texts)


def value(text: str) -> float:
    return abs(float(text.replace(",", "").replace("+", "")))


def stated(text: str) -> dict[float, str]:
    """The numbers of a text that count, with what stands around them."""
    found = {}
    for match in re.finditer(NUMBER, text):
        number, after = match.group(), text[match.end() : match.end() + 2]
        percent = after.strip().startswith("%") or text[match.end() :].startswith(" per cent")
        if "." in number or percent or value(number) > 12:
            found[value(number)] = text[max(0, match.start() - 40) : match.end() + 20]
    return found


@pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)
def test_every_number_in_prose_is_shown_by_a_cell_or_has_a_source(path):
    notebook = nbformat.read(path, as_version=4)
    there = {value(n) for n in re.findall(r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?", shown(notebook))}
    there |= {round(100 * n, 6) for n in there if n <= 1}  # 0.35 may be said as 35 %
    listed = {value(str(n)) for n in EXCEPTIONS.get(path.stem, {})}
    missing = {
        n: where for n, where in stated(prose_of(notebook)).items() if n not in there | listed
    }
    assert not missing, "\n".join(f"{n:g}: ...{' '.join(w.split())}..." for n, w in missing.items())


def test_the_list_holds_nothing_that_is_not_needed():
    for stem, numbers in EXCEPTIONS.items():
        notebook = nbformat.read(ROOT / f"notebooks/{stem}.ipynb", as_version=4)
        unused = {n for n in numbers if value(n) not in stated(prose_of(notebook))}
        assert not unused, (stem, unused)
        assert all(len(source) > 10 for source in numbers.values()), stem


def test_a_number_from_nowhere_is_found():
    text = "It takes 17 steps, 0.35 of them at 256 x 256, in 2017 (section 3.12, `99`, $98$)."
    assert set(stated(prose([text]))) == {17, 0.35}
