"""An image of your own, translated: an upload button for ipywidgets 7 (Colab) and 8."""

import io

import ipywidgets
import torch
from PIL import Image, ImageOps
from torch import nn

from helpers.data.images import open_image, to_tensor, translate
from helpers.show import show
from helpers.widgets import name_parts


def uploaded(value) -> tuple[str, Image.Image]:
    """The file that was chosen: its name, and the image as upright RGB.

    value: what FileUpload.value holds. ipywidgets 7: {name: {"content": bytes, ...}}; ipywidgets 8:
    ({"name": name, "content": memoryview, ...},). Raises ValueError for a file that is no image.
    """
    if isinstance(value, dict):
        value = [{"name": name, "content": file["content"]} for name, file in value.items()]
    name, file = value[0]["name"], io.BytesIO(bytes(value[0]["content"]))
    try:
        return name, open_image(file)
    except ValueError as error:  # it speaks of the file in memory
        raise ValueError(str(error).replace(str(file), name)) from error


def upload(net: nn.Module, size: int) -> ipywidgets.VBox:
    """A button; below it, what was chosen beside its translation, or a sentence on what is wrong.

    size: pixels of the short side that the generator is shown, as in `images.translate`.
    """
    button = ipywidgets.FileUpload(accept="image/*", multiple=False, description="Your image")
    text = ipywidgets.Label("Up to 10 MB: Jupyter drops larger files without a word.")
    output = ipywidgets.Output()

    def update(change) -> None:
        output.clear_output()
        try:
            name, image = uploaded(change["new"])
            text.value = f"Translating {name} ..."
            image = ImageOps.contain(image, (512, 512))
            pair = torch.stack([to_tensor(part) for part in (image, translate(net, image, size))])
            with output:
                show({"": pair}, [name, "its translation"], 4)
            text.value = f"{name} and its translation"
        except Exception as error:  # whatever it is: nobody sees what a callback raises
            text.value = str(error)

    button.observe(update, "value")
    name_parts("Your image and its translation")
    return ipywidgets.VBox([button, text, output])
