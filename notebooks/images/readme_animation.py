"""The README's moving picture, from a folder of a training's frames, such as 000100.png.

A frame has six tiles a row: row 1 holds drawn horses, row 2 what the generator makes of them.
"""

import sys
from pathlib import Path

import numpy as np
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

COLUMNS, TILE, SIDE, GAP, BAND = (0, 1, 2, 5), 64, 192, 6, 40
OUT = Path(__file__).with_name("readme.png")


def frame(path: Path) -> Image.Image:
    sheet = Image.open(path).convert("RGB")
    margin = (sheet.width - 6 * TILE) // 7  # 0, or that of a grid
    picture = Image.new("RGB", (len(COLUMNS) * (SIDE + GAP), 2 * (SIDE + GAP) + BAND), "white")
    for k, column in enumerate(COLUMNS):
        for row in range(2):
            left, top = (margin + (TILE + margin) * n for n in (column, row))
            tile = sheet.crop((left, top, left + TILE, top + TILE))
            place = GAP // 2 + k * (SIDE + GAP), GAP // 2 + row * (SIDE + GAP)
            picture.paste(tile.resize((SIDE, SIDE), Image.Resampling.BICUBIC), place)
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans"), 22)
    place, text = (GAP, picture.height - BAND + 4), f"after {int(path.stem):,} steps of training"
    ImageDraw.Draw(picture).text(place, text, "#222222", font)
    return picture


if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).glob("[0-9]*.png"), key=lambda path: int(path.stem))
    frames = [frame(path) for path in paths]
    colours = Image.fromarray(np.vstack(frames)).quantize(256)  # one palette: a third of the bytes
    frames = [f.quantize(palette=colours, dither=0) for f in frames]
    times = [700] * (len(frames) - 1) + [3500]  # milliseconds; the last one stays
    frames[0].save(OUT, save_all=True, append_images=frames[1:], duration=times, loop=0)
    print(f"{OUT}: {len(frames)} frames, {OUT.stat().st_size / 1e6:.2f} MB")
