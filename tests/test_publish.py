"""The course's address: nothing dead before it is known, and one command that writes it."""

import re
import shutil
from pathlib import Path

import pytest
import yaml

from tools import publish

ROOT = Path(__file__).parents[1]
NEW = ("some-one/my.course", "v98.76")


@pytest.fixture
def fork(tmp_path):
    """A copy of all that is stamped, without an address."""
    for path in [path for pattern in publish.FILES for path in ROOT.glob(pattern)]:
        (tmp_path / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, tmp_path / path.relative_to(ROOT))
    publish.publish(tmp_path, publish.PLACEHOLDER, "v0.1.0")
    return tmp_path


def texts(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


def test_what_is_recorded_is_stamped_everywhere(fork):
    publish.publish(fork, *publish.recorded(ROOT))
    for name, text in texts(fork).items():
        assert text == (ROOT / name).read_text("utf-8"), name


def test_without_an_address_the_readme_has_no_button_and_says_how_to_open_it_here(fork):
    readme = texts(fork)["README.md"]
    assert "colab.research.google.com" not in readme and "github.io" not in readme
    assert readme.count("**Open it:** in a clone, `make lab` installs all") == 1


def test_with_an_address_it_has_three_buttons_and_no_such_line(fork):
    before = texts(fork)
    publish.publish(fork, *NEW)
    after = texts(fork)
    readme = after["README.md"]
    page = "some-one/my.course/blob/v98.76/notebooks/00_start_here.ipynb"
    assert f"(https://colab.research.google.com/github/{page})" in readme
    assert "(https://some-one.github.io/my.course/)" in readme and "**Open it:**" not in readme
    assert "(https://some-one.github.io/my.course/docs/lab.html)" in readme
    assert publish.recorded(fork) == NEW
    assert 'version = "98.76"' in after["pyproject.toml"]
    citation = yaml.safe_load(after["CITATION.cff"])
    assert {"cff-version", "message", "title", "authors", "date-released"} <= {*citation}
    assert (citation["repository-code"], citation["version"]) == (
        "https://github.com/some-one/my.course", "98.76"
    )  # fmt: skip
    assert not [name for name, text in after.items() if publish.PLACEHOLDER in text]
    notebooks = [text for name, text in after.items() if name.endswith(".ipynb")]
    assert len(notebooks) == 8
    assert all(" -b v98.76 https://github.com/some-one/my.course" in text for text in notebooks)
    publish.publish(fork, publish.PLACEHOLDER, "v0.1.0")
    assert texts(fork) == before


@pytest.mark.parametrize("address", [(publish.PLACEHOLDER, "v0.1.0"), NEW])
def test_every_link_and_image_of_a_page_leads_somewhere_in_both_states(fork, address):
    publish.publish(fork, *address)
    for name, text in texts(fork).items():
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        links = re.findall(r"\]\(([^)\s]+)\)", prose) if name.endswith(".md") else []
        for link in links:
            if link.startswith("https://"):
                assert publish.PLACEHOLDER not in link, f"{name}: {link}"
            elif not link.startswith("#"):
                target = (ROOT / name).parent / link.partition("#")[0]
                assert target.exists(), f"{name}: {link}"
        if name == "README.md":
            assert len(links) >= 20 and len(re.findall(r"!\[[^\]]+\]\(", text)) == 3


@pytest.mark.parametrize("repository, tag", [("https://github.com/a/b", "v1.0"), ("a/b", "main")])
def test_what_is_no_address_or_release_changes_nothing(fork, repository, tag):
    before = texts(fork)
    with pytest.raises(ValueError, match="expected owner/name"):
        publish.publish(fork, repository, tag)
    assert texts(fork) == before
