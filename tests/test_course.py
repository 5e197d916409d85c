"""The set-up cell, run as it stands in the notebooks: with a copy of the course, without, on Colab.

GitHub is a folder here, under a file:// address or behind a server on this machine.
"""

import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import types
from pathlib import Path

import pytest
from IPython.core.error import UsageError

from helpers import course
from tools import publish

ROOT = Path(__file__).parent.parent
TAG = "v0.1.0"
FILES = [ROOT / "pyproject.toml", *(ROOT / "helpers").rglob("*.py")]


def archive_of(files):
    """A release's tar.gz, as GitHub makes it: everything in one folder."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        for file in files:
            archive.add(file, Path("course-0.1.0") / file.relative_to(ROOT))
    return memory.getvalue()


@pytest.fixture
def github(tmp_path):
    """The folder of a repository with the release that the set-up cell asks for."""
    folder = tmp_path / "github/course"
    start, archive = folder / f"raw/{TAG}/helpers", folder / "archive/refs/tags"
    start.mkdir(parents=True), archive.mkdir(parents=True)
    shutil.copy(ROOT / "helpers/course.py", start)
    (archive / f"{TAG}.tar.gz").write_bytes(archive_of(FILES))
    return folder


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """The working folder: nothing there, and no course above it."""
    folder = tmp_path / "content"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("KAGGLE_KERNEL_RUN_TYPE", raising=False)
    return folder


@pytest.fixture
def colab(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))


def cell(address):
    source = publish.set_up_cell("owner/name", TAG)
    assert source.count("https://github.com/owner/name") == 1
    return source.replace("https://github.com/owner/name", address)


def complaint(address):
    """What the cell says where it cannot go on: one sentence."""
    with pytest.raises(UsageError) as caught:
        exec(cell(address), {})
    sentence = str(caught.value)
    assert sentence.endswith(".") and "\n" not in sentence
    return sentence


def test_elsewhere_nothing_is_fetched_and_it_says_how_to_get_the_course(empty, github):
    sentence = complaint(github.as_uri())
    assert sentence == f"No course here: run `git clone -b {TAG} {github.as_uri()}`."
    assert not list(empty.iterdir())


def test_no_network_and_no_release_are_told_apart(empty, colab, github):
    assert complaint("http://127.0.0.1:9/owner/name").endswith("switch the internet on.")
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": print})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        assert complaint(address) == f"{address}, release {TAG}, is not there."
        server.shutdown()


@pytest.mark.parametrize("arrived", [
    lambda whole: b"", lambda whole: whole[:100], lambda whole: whole[: len(whole) // 2],
    lambda whole: whole[:-1], lambda whole: b"<html>try later</html>", lambda whole: archive_of([]),
])  # fmt: skip
def test_a_download_that_breaks_off_leaves_nothing(empty, colab, github, arrived):
    path = github / f"archive/refs/tags/{TAG}.tar.gz"
    path.write_bytes(arrived(path.read_bytes()))
    assert "broke off" in (sentence := complaint(github.as_uri()))
    assert sentence.endswith("so nothing was changed: run this cell again.")
    assert not list(empty.iterdir())
    path.unlink()  # the release is there, its archive is not
    assert "broke off" in complaint(github.as_uri()) and not list(empty.iterdir())


def in_a_shell(folder, *cells):
    """Cells in the shell of a stand-in Colab that does not know this copy of the course."""
    script = (
        "import json, os, sys, types\n"
        "sys.path[:] = [p for p in sys.path if os.path.abspath(p) != os.environ['COURSE']]\n"
        "sys.modules['google.colab'] = types.ModuleType('google.colab')\n"
        "from IPython.terminal.interactiveshell import TerminalInteractiveShell\n"
        "shell = TerminalInteractiveShell.instance(colors='NoColor', term_title=False)\n"
        "for cell in json.loads(os.environ['CELLS']):\n"
        "    if not shell.run_cell(cell).success: break\n"
    )
    settings = {"CELLS": json.dumps(cells), "COURSE": str(ROOT), "MPLBACKEND": "agg"}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=300,
        env=os.environ | settings | {"CYCLEGAN_PRESET": "", "CUDA_VISIBLE_DEVICES": ""},
    )  # fmt: skip


def test_on_colab_it_fetches_the_release_and_repairs_a_copy(empty, github):
    """From the first run to one after a restart, where the copy has lost a file."""
    show = (
        "import helpers; print(helpers.__file__); print(root, device, preset.name, "
        "exercises.check, plt.plot, np.pi, torch.nn is nn, F.relu)"
    )
    copy, archive = empty / f"course-{TAG}", github / f"archive/refs/tags/{TAG}.tar.gz"
    done = in_a_shell(empty, cell(github.as_uri()), show)
    assert not done.stderr
    said = done.stdout.removeprefix("No event loop hook running.\n")  # a terminal's, of inline
    line, reminder, package, names = said.splitlines()
    version = publish.recorded()[1].removeprefix("v")
    assert line.startswith(f"CycleGAN course {version}, device cpu, preset lecture; training")
    assert "File > Save a copy in Drive" in reminder
    assert package == str(copy / "helpers/__init__.py")
    assert names.startswith(f"{copy} cpu lecture") and " True " in names
    assert [path.name for path in empty.iterdir()] == [copy.name]

    (copy / "helpers/settings.py").unlink()
    (copy / "helpers/toy.py").write_text("mine = True")
    archive.rename(github / "away")
    done = in_a_shell(empty, cell(github.as_uri()))
    assert done.stderr.startswith("UsageError: The download of") and "broke off" in done.stderr
    assert not done.stdout and done.stderr.count("\n") == 1
    (github / "away").rename(archive)
    course.fetch(github.as_uri(), TAG, empty)
    assert "class UserError" in (copy / "helpers/settings.py").read_text()
    assert (copy / "helpers/toy.py").read_text() == "mine = True"


def test_a_whole_copy_is_not_downloaded_again(empty, github):
    first = course.fetch(github.as_uri(), TAG, empty)
    shutil.rmtree(github)
    assert course.fetch(github.as_uri(), TAG, empty) == first == empty / f"course-{TAG}"


def test_in_a_copy_it_prints_one_line(monkeypatch, capsys):
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    monkeypatch.setenv("CYCLEGAN_PRESET", "smoke")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    names = {}
    exec(cell("http://127.0.0.1:9/nothing/is/asked/there"), names)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and ", preset smoke; training is kept in runs" in said
    assert names["root"] == ROOT and names["preset"].name == "smoke"
    wanted = {"preset", "root", "device", "exercises", "plt", "np", "torch", "F", "nn"}
    assert wanted <= names.keys()


@pytest.mark.parametrize("lost", ["helpers/devices.py", "helpers/exercises", "pyproject.toml"])
def test_half_a_copy_that_was_not_fetched_is_told(tmp_path, lost):
    for file in FILES:
        (tmp_path / file.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, tmp_path / file.relative_to(ROOT))
    (shutil.rmtree if (tmp_path / lost).is_dir() else os.unlink)(tmp_path / lost)
    said = in_a_shell(tmp_path, cell("https://example.org/course")).stderr
    assert said.startswith("UsageError: This copy of the course is incomplete (")
    assert said.endswith(f"`git clone --branch {TAG} https://example.org/course`.\n")


def test_packages_below_their_bounds_get_one_sentence(monkeypatch):
    versions = {"torch": "2.11.0+cu128", "numpy": "2.0.2", "pillow": "11", "tqdm": "4.100rc1"}

    def version(name):
        if name not in versions:
            raise course.importlib.metadata.PackageNotFoundError
        return versions[name]

    monkeypatch.setattr(course.importlib.metadata, "version", version)
    assert course.too_old(["torch>=2.11", "pillow>=11", "tqdm>=4.66"]) == ""
    assert course.too_old(["torch>=2.11", "numpy>=2.1", "gdown>=5.2"]) == (
        "The course is made for numpy 2.1 or newer (here 2.0.2), gdown 5.2 or newer (here none): "
        "update that if a cell fails."
    )


def test_a_stopped_run_ends_in_its_sentence_and_ends_run_all(monkeypatch):
    stop = "from helpers.guards import Stopped; raise Stopped('Stopped after step 28 of 3000.')"
    done = in_a_shell(ROOT / "notebooks", cell("https://example.org/c"), stop, "print('went on')")
    assert done.stdout.splitlines()[-1] == "Stopped after step 28 of 3000."
    assert not done.stderr and "Traceback" not in done.stdout


def test_a_users_mistake_is_shown_without_a_traceback():
    mistake = "from helpers.settings import UserError; raise UserError('One sentence.')"
    done = in_a_shell(ROOT / "notebooks", cell("https://example.org/c"), mistake)
    assert done.stdout.splitlines()[-1] == "One sentence."
