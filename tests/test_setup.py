"""`make setup` says which Python it needs, and the places that name one agree."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def setup(tmp_path):
    """setup(lines): what make does with a Python that runs these lines before everything."""
    if os.name != "posix" or not shutil.which("make"):
        pytest.skip("needs make and sh")
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "python").write_text(
        f'#!/bin/sh\ncase "$1" in --version) echo Python 3.x;; -m) echo "makes $*"; mkdir -p '
        f'.venv/bin; printf "#!/bin/sh" > .venv/bin/python; chmod +x .venv/bin/python;; -c) exec '
        f'{sys.executable} -c "import sys; $FIRST; $2";; esac\n'
    )
    (tmp_path / "python").chmod(0o755)

    def setup(first):
        return subprocess.run(
            ["make", "setup", "PYTHON=./python"], cwd=tmp_path, capture_output=True, text=True,
            timeout=60, env={"FIRST": first, "PATH": "/usr/bin:/bin"},
        )  # fmt: skip

    return setup


@pytest.mark.parametrize(
    "first",
    ["sys.version_info = (3, 10)", "sys.version_info = (3, 14)", "sys.modules['ensurepip'] = None"],
)
def test_an_unfit_python_gets_one_sentence_and_no_venv(setup, tmp_path, first):
    done = setup(first)
    assert done.returncode and not (tmp_path / ".venv").exists()
    said = done.stderr.splitlines()
    assert said[0].startswith("The course needs Python 3.11, 3.12 or 3.13") and len(said) == 2
    assert "apt install python3-venv" in said[0] and "(Python 3.x)" in said[0]


@pytest.mark.parametrize("half_made", [False, True])
def test_a_missing_or_half_made_venv_is_made_anew(setup, tmp_path, half_made):
    if half_made:  # no pip, no pyvenv.cfg
        (tmp_path / ".venv/bin").mkdir(parents=True)
        (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    done = setup("sys.version_info = (3, 11)")
    assert done.returncode == 0, done.stderr
    assert "makes -m venv --clear .venv" in done.stdout


def test_what_is_said_of_python_agrees():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (ROOT / "Makefile").read_text()
    assert "Python 3.11 to 3.13" in (ROOT / "README.md").read_text(encoding="utf-8")


def pins(text):
    """name -> version of each line "name==version" of a requirements or an environment file."""
    return dict(re.findall(r"^[ -]*([A-Za-z][\w-]*)==([\w.]+)", text, re.MULTILINE))


def test_both_lists_of_packages_are_equal_and_exact():
    texts = [(ROOT / f).read_text() for f in ("requirements.txt", "environment.yml")]
    ours, condas = map(pins, texts)
    assert ours == condas
    declared = {"torch", "torchvision", "matplotlib", "ipywidgets", "jupyter", "gdown", "nbval"}
    assert declared <= ours.keys()
    lines = [line for line in texts[0].splitlines() if line and not line.startswith("#")]
    assert len(lines) == len(ours) and all(" # " in line for line in lines)


def test_the_package_asks_for_nothing_that_the_list_lacks():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ours = pins((ROOT / "requirements.txt").read_text())
    for line in project["dependencies"]:
        name, least = line.split(">=")
        version, least = ([int(n) for n in text.split(".")] for text in (ours[name], least))
        assert version >= least, line
