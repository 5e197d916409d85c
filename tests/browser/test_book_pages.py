"""The book's pages as a person opens them: from disk, wide and narrow, light and dark."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tools.book import PAGES

ROOT = Path(__file__).parents[2]
PATTERNS = ("notebooks/[0-9]*.ipynb", *PAGES)
FILES = [path for pattern in PATTERNS for path in sorted(ROOT.glob(pattern))]
FILES.remove(ROOT / "README.md")  # it is the index
NAMES = ["index", "search", *(path.relative_to(ROOT).with_suffix("").as_posix() for path in FILES)]


@pytest.fixture
def opened(page, book):
    """opened(name): the page; afterwards nothing was asked of the network and no script failed."""
    asked, failed = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("requestfailed", lambda r: failed.append(r.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda m: failed.append(m.text) if m.type == "error" else None)

    def opened(name, width=1366, scheme="light"):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.goto((book / f"{name}.html").as_uri())
        page.wait_for_function("document.documentElement.dataset.theme")
        page.evaluate("Promise.all(document.getAnimations().map(a => a.finished)).catch(() => 0)")
        return page

    yield opened
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not failed


def serious(page, rules=None) -> list:
    """What axe-core finds serious or critical, of some of its rules or of all."""
    # Preloading reads the style sheets once more, which no page from disk may do.
    options = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = Axe().run(page, options=options).response["violations"]
    return [(v["id"], [node["html"] for node in v["nodes"][:3]])
            for v in found if v["impact"] in ("serious", "critical")]  # fmt: skip


@pytest.mark.parametrize("width", (1366, 390))
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_whole_and_fit_for_everyone(opened, name, width):
    """In both themes: nothing missing, nothing wider than the window, nothing hard to read."""
    page = opened(name, width, "light")
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, f"{name} is {wide} px wider than a window of {width}"
    broken = page.evaluate(
        "Promise.all([...document.images].map(i => i.decode().then(() => '', () => i.src)))"
        ".then(found => found.filter(Boolean))"
    )
    assert not broken
    assert not serious(page)
    page = opened(name, width, "dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert not serious(page, ["color-contrast"])


def test_search_finds_a_word_from_disk(opened):
    page = opened("search")
    page.goto(page.url + "?q=checkerboard")
    page.wait_for_selector("#search-results a[href*='02_generator']", timeout=20_000)
