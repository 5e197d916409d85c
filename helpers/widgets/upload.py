"""Your own picture, translated: an upload button for ipywidgets 7 (Colab) and 8."""

import html
import tempfile
from pathlib import Path

import ipywidgets as widgets
from PIL import Image, ImageOps
from torch import nn

from helpers.images import encode, open_picture, translate
from helpers.settings import UserError
from helpers.widgets.figure import Figure, names, picture

LIMIT = (
    "Choose a picture of up to 10 MB. Jupyter drops a larger one without a word, and the button "
    "with it: then run this cell again. (<code>make lab</code> takes up to 100 MB.)"
)
SIDE = 320  # pixels: the longer side of each of the two pictures shown


def pictures_of(value) -> list[tuple[str, Image.Image]]:
    """The uploaded files as (name, upright RGB picture).

    value: what FileUpload.value holds. ipywidgets 7: {name: {"content": bytes, ...}, ...};
    ipywidgets 8: ({"name": name, "content": memoryview, ...}, ...). Raises UserError for a file
    that is not a picture.
    """
    if isinstance(value, dict):
        files = [(name, file["content"]) for name, file in value.items()]
    else:
        files = [(file["name"], file["content"]) for file in value]
    return [(name, picture_from(name, bytes(content))) for name, content in files]


def picture_from(name: str, content: bytes) -> Image.Image:
    """The picture in a file's bytes, by `open_picture`. Raises UserError that names the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture"
        path.write_bytes(content)
        try:
            return open_picture(path)
        except UserError as error:
            raise UserError(str(error).replace(str(path), name)) from error


def render(net: nn.Module, picture: Image.Image, size: int) -> bytes:
    """A PNG: the picture and its translation, side by side."""
    picture = ImageOps.contain(picture, (SIDE, SIDE), Image.Resampling.BICUBIC)
    sheet = Image.new("RGB", (2 * picture.width + 8, picture.height), "white")
    sheet.paste(picture)
    sheet.paste(translate(net, picture, size), (picture.width + 8, 0))
    return encode(sheet)


def translator(net: nn.Module, size: int) -> Figure:
    """An upload button; below it, what was uploaded beside its translation, or what is wrong.

    size: pixels of the short side that the generator is shown, as in `images.translate`.
    """
    button = widgets.FileUpload(accept="image/*", multiple=False, description="Your picture")
    text = widgets.HTML(LIMIT)
    image = picture()
    image.layout.display = "none"

    def update(change) -> None:
        text.value, image.layout.display = "Translating your picture ...", "none"
        try:
            for name, chosen in pictures_of(change["new"]):
                image.value = render(net, chosen, size)
                text.value, image.layout.display = f"{html.escape(name)} and its translation:", ""
        except UserError as error:
            text.value = html.escape(str(error))

    button.observe(update, names="value")
    return Figure([button, text, image, names("Your picture and its translation")])
