"""The CycleGAN Lab as a reader uses it: from disk, every control, and what its scenes promise."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

LAB = Path(__file__).parents[2] / "docs/lab/lab.html"
LONG = 400_000  # milliseconds, on a machine that does other things as well
PICTURE = "canvas => canvas.toDataURL()"


@pytest.fixture(params=[(1366, "light"), (390, "dark")], ids=["wide", "phone"])
def lab(page, request):
    """The page; afterwards nothing was asked of the network and no script failed."""
    asked, failed = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda m: failed.append(m.text) if m.type == "error" else None)
    width, scheme = request.param
    page.set_default_timeout(LONG)
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(LAB.as_uri())
    yield page
    assert not [url for url in asked if not url.startswith("file:")]
    assert not failed


def fit_for_everyone(page):
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Preloading reads the style sheet once more, which no page from disk may do.
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, options=options).response["violations"]
    assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")]


def test_a_reader_steps_sets_and_starts_anew(lab):
    fit_for_everyone(lab)
    plane = lab.locator(".plane:visible").first
    lab.click("#lab-half")
    assert "discriminators" in lab.text_content("#lab-half")
    lab.keyboard.press("Enter")  # the button keeps the focus
    lab.wait_for_function("document.getElementById('lab-step').textContent == '1'")
    before = plane.evaluate(PICTURE)
    lab.locator("#lab-arrows").press("Space")
    lab.wait_for_timeout(300)
    assert plane.evaluate(PICTURE) != before
    before = lab.text_content("#lab-cycle-is")
    lab.locator("#lab-cycle").press("ArrowRight")
    assert lab.text_content("#lab-cycle-is") != before
    for box in lab.locator(".curve input").all():
        box.uncheck()
    lab.click("#lab-reset")
    lab.wait_for_timeout(300)
    before = plane.evaluate(PICTURE)
    lab.click("#lab-play")
    lab.wait_for_function("+document.getElementById('lab-step').textContent > 8")
    lab.click("#lab-play")
    lab.wait_for_timeout(300)
    assert plane.evaluate(PICTURE) == before, "without any loss something was learned"
    lab.fill("#lab-seed", "7")
    lab.press("#lab-seed", "Tab")
    lab.wait_for_timeout(300)
    assert lab.text_content("#lab-step") == "0" and plane.evaluate(PICTURE) != before


def test_a_reader_draws_by_pointer_and_by_key(lab):
    lab.select_option("#lab-world", "own")
    assert lab.locator("#lab-play").is_disabled()
    plane = lab.locator("#lab-A")
    plane.scroll_into_view_if_needed()
    box = plane.bounding_box()
    lab.mouse.move(box["x"] + 60, box["y"] + 80)
    lab.mouse.down()
    lab.mouse.move(box["x"] + 120, box["y"] + 100, steps=8)
    lab.mouse.up()
    lab.check("[name=lab-brush] >> nth=1")
    plane.focus()
    for key in ("ArrowRight", "ArrowUp", "Enter"):
        lab.keyboard.press(key)
    fit_for_everyone(lab)
    lab.click("#lab-play")
    lab.wait_for_function("+document.getElementById('lab-step').textContent > 2")
    lab.click("#lab-clear")
    assert lab.locator("#lab-play").is_disabled()


@pytest.mark.parametrize("lab", [(1366, "light")], indirect=True)
def test_the_scenes_end_as_their_text_says_for_five_starts_of_five(lab):
    for scene, guess in enumerate((0, 1, 1, 1)):
        lab.click(f"[data-scene='{scene}']")
        lab.check(f"[name=lab-guess] >> nth={guess}")
        lab.click("#lab-go")
        lab.evaluate("document.getElementById('lab-speed').value = 20")
        lab.wait_for_selector("#lab-result")
        assert lab.text_content("#lab-answer").strip().startswith("You saw it coming")
        lab.click("#lab-try")
        lab.get_by_text("of 5 starts end").wait_for()
        assert lab.text_content("#lab-said") == "5 of 5 starts end as the answer says."
    fit_for_everyone(lab)
