"""Chromium, the book and JupyterLab, each started once and ended with the tests."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-background-networking "
         "--disable-component-update --disable-sync --no-first-run").split()  # fmt: skip
# No windowing: every cell is on the page, wherever it is scrolled to. No question on the first day.
LAB_SETTINGS = {
    "notebook-extension/tracker": '{"windowingMode": "none", "kernelShutdown": true}',
    "apputils-extension/notification": '{"fetchNews": "false", "checkForUpdates": false}',
}


def pytest_sessionstart(session):
    if not CHROMIUM:
        pytest.exit(
            "The tests in a browser need Chromium: install it (Debian: apt-get install chromium) "
            "or name one in the environment variable CHROMIUM.",
            returncode=1,
        )


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A context of Chromium with a new profile, on its own."""
    with sync_playwright() as playwright:
        profile = tmp_path_factory.mktemp("profile")
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=FLAGS
        )
        yield context
        context.close()


@pytest.fixture
def page(browser):
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Folder of the book, built from the outputs that the notebooks store."""
    folder = tmp_path_factory.mktemp("build") / "html"
    subprocess.run([sys.executable, "-m", "tools.book", folder], cwd=ROOT, check=True, timeout=900)
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Address of a JupyterLab on a copy of the course, so that saving changes no tracked file."""
    course = tmp_path_factory.mktemp("course")
    for path in ROOT.iterdir():
        if path.name not in ("notebooks", "runs", "build") and not path.name.startswith("."):
            (course / path.name).symlink_to(path)
    shutil.copytree(ROOT / "notebooks", course / "notebooks",
                    ignore=shutil.ignore_patterns("runs", ".*"))  # fmt: skip
    settings = tmp_path_factory.mktemp("settings")
    for name, text in LAB_SETTINGS.items():
        path = settings / f"@jupyterlab/{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "CYCLEGAN_PRESET": "smoke", "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path_factory.mktemp("workspaces")),
    }  # fmt: skip
    log = tmp_path_factory.mktemp("log") / "lab.txt"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
             f"--port={port}", "--IdentityProvider.token=", "--expose-app-in-browser",
             f"--ServerApp.root_dir={course}"],
            cwd=course, env=environment, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        for _ in range(240):
            assert server.poll() is None, log.read_text()
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail(f"JupyterLab did not answer:\n{log.read_text()}")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=60)
