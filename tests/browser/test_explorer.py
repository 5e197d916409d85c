"""The ablation explorer and the sliders, as a reader moves them, wide and narrow, from disk."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tools import explorer

BARE = '<!doctype html><html lang="en"><title>Explorer</title><body><main>{}</main>'


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """docs/explorer.md's own HTML as a page, without the book around it."""
    out = tmp_path_factory.mktemp("book")
    explorer.build(out)
    text = (explorer.ROOT / "docs/explorer.md").read_text(encoding="utf-8")
    html = "<h1>Leave a loss out</h1>" + text[text.index("<link") : text.index("## How")]
    (out / "docs/explorer.html").write_text(BARE.format(html))
    return out / "docs"


@pytest.fixture
def tab(page):
    """A page; afterwards no script failed, and files were read, but nothing from a network."""
    asked, failed = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("pageerror", lambda error: failed.append(error))
    yield page
    assert not failed and all(url.startswith(("file:", "data:")) for url in asked)


def serious(tab):
    found = Axe().run(tab, options={"preload": False}).response["violations"]
    return [v["id"] for v in found if v["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("width", (1366, 390))
def test_every_question_has_its_answer_and_its_numbers(tab, folder, width):
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto((folder / "explorer.html").as_uri())
    part = "[data-part={}]".format
    assert tab.is_hidden(part("facts")) and not serious(tab)
    for k, condition in enumerate(explorer.conditions()):
        assert tab.input_value(part("condition")) == condition["id"]
        way = explorer.WAYS[(k + (width < 700)) % 2]
        tab.locator(f"input[value={way}]").check()
        if "ask" not in condition:
            tab.locator(f"{part('guess')} input").nth(k % 5).check()
        tab.click(f"{part('question')} button")
        assert condition["why"] in tab.inner_text(part("answer"))
        numbers = explorer.values(explorer.stored(condition["id"]), way, "round_trip")
        shown = tab.inner_text(f"{part('numbers')} tbody tr:last-child td:nth-of-type(1)")
        assert float(shown.split()[0]) == pytest.approx(sum(numbers) / len(numbers), abs=0.00501)
        tab.locator(f"{part('seed')} input").last.check()
        sheet = tab.locator(".this .ex-picture").first.evaluate("p => p.style.backgroundImage")
        assert f"{condition['id']}-{len(numbers) - 1}.webp" in sheet
        tab.click(part("next"))
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert not serious(tab)


def test_a_slider_shows_one_picture_and_says_which(tab, tmp_path):
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    pictures = "".join(f'<img src="{pixel}" alt="Step {k}" data-state="{k}">' for k in (1, 100))
    box = f'<h1>Steps</h1><div class="slider" data-label="step">{pictures}</div>'
    script = f"<script>{(explorer.ROOT / 'docs/static/sliders.js').read_text()}</script>"
    (tmp_path / "slider.html").write_text(BARE.format(box + script))
    tab.goto((tmp_path / "slider.html").as_uri())
    slider = tab.get_by_label("step")
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "100" and not serious(tab)
    assert tab.locator("img:visible").get_attribute("alt") == "Step 100"
