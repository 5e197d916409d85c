"""The page on which a generator runs in the browser, against PyTorch's output for its pixels."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.data.images import to_float, to_tensor, to_uint8
from helpers.weights import load_generator
from tools import browser

WAIT = 120_000  # milliseconds, on a machine that does other things as well
PIXELS = "canvas => canvas.toDataURL()"


@pytest.fixture
def translator(page, book):
    """The page, opened from disk; afterwards nothing was asked of the network."""
    asked, failed = [], []
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.goto((book / browser.PAGE).with_suffix(".html").as_uri())
    if not page.locator("#translator").count():
        pytest.skip("the book was built without npm or the network")
    yield page
    assert not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not failed


def pixels(page, name):
    address = page.locator(f"#translator-{name}").evaluate(PIXELS)
    return Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB")


def translated(page):
    """Waits for a translation; the picture as the generator saw it, and what became of it."""
    said = page.locator("#translator-said")
    page.wait_for_function(
        "() => document.getElementById('translator-said').textContent.includes('seconds')",
        timeout=WAIT,
    )
    assert "px in" in said.text_content()
    return pixels(page, "before"), pixels(page, "after")


def test_a_drawn_horse_becomes_what_pytorch_makes_of_it(translator):
    translator.locator("#translator-examples button").first.click()
    before, after = translated(translator)
    assert before.size == (64, 64) and before != after
    net, _ = load_generator(browser.WEIGHTS["drawings"])
    with torch.no_grad():
        own = to_uint8(net(to_float(to_tensor(before))[None]))[0].permute(1, 2, 0)
    assert np.abs(own.numpy().astype(int) - np.asarray(after, int)).max() <= 1


def test_what_is_no_picture_gets_a_sentence(translator, tmp_path):
    path = tmp_path / "horse.jpg"
    path.write_text("no picture")
    translator.locator("#translator-file").set_input_files(path)
    translator.wait_for_function(
        "() => document.getElementById('translator-said').textContent.includes('JPEG or PNG')"
    )
