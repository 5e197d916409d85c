import io

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.utils import make_grid

from helpers import images
from helpers.settings import UserError

RED = (200, 40, 30)


def red(mode="RGB", size=(40, 30)):
    image = Image.new("RGB", size, RED)
    return image.quantize(4) if mode == "P" else image.convert(mode)


@pytest.mark.parametrize("name, image", [
    ("a.jpg", red()), ("a.png", red()), ("a.webp", red()), ("a.bmp", red()), ("a.tiff", red()),
    ("cmyk.jpg", red("CMYK")), ("palette.png", red("P")), ("palette.gif", red("P")),
    ("rgba.png", red("RGBA")), ("upper.JPEG", red()),
])  # fmt: skip
def test_every_kind_of_file_is_the_same_red(tmp_path, name, image):
    image.save(tmp_path / name)
    opened = images.open_picture(tmp_path / name)
    assert opened.mode == "RGB" and opened.size == (40, 30)
    assert np.abs(np.array(opened).astype(int) - RED).max() < 8
    assert images.picture_paths(tmp_path) == [tmp_path / name]


@pytest.mark.parametrize("mode, value", [("L", 128), ("LA", 128), ("1", 255)])
def test_greyscale_becomes_grey(tmp_path, mode, value):
    Image.new("L", (20, 20), 128).point(lambda v: value).convert(mode).save(tmp_path / "a.png")
    assert np.array(images.open_picture(tmp_path / "a.png")).mean() == value


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    Image.fromarray(np.full((9, 9), 30_000, np.uint16)).save(tmp_path / "a.png")
    assert set(np.array(images.open_picture(tmp_path / "a.png")).flat) == {116}


def test_transparency_is_laid_on_white(tmp_path):
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert np.array(images.open_picture(tmp_path / "a.png")).min() == 255


def test_exif_orientation_is_applied(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    red(size=(40, 20)).save(tmp_path / "a.jpg", exif=exif)
    assert images.open_picture(tmp_path / "a.jpg").size == (20, 40)


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("not a picture")
    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99, 3), np.uint8)).save(
        data, "PNG"
    )
    (tmp_path / "half.png").write_bytes(data.getvalue()[:9000])
    for name, reason in (
        ("empty.jpg", "0 bytes"), ("text.png", "cannot identify"), ("half.png", "truncated")
    ):  # fmt: skip
        with pytest.raises(UserError, match=f"{name} cannot be read.*{reason}.*save it again"):
            images.open_picture(tmp_path / name)
    with pytest.raises(UserError, match="no picture at"):
        images.open_picture(tmp_path / "nowhere.jpg")


def test_folders_without_pictures_are_named(tmp_path):
    with pytest.raises(UserError, match="no folder"):
        images.load_folder(tmp_path / "nowhere", 32)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UserError, match="holds no pictures"):
        images.load_folder(tmp_path, 32)
    red().save(tmp_path / "one.png")
    with pytest.raises(UserError, match="holds one picture, one.png"):
        images.load_folder(tmp_path, 32)
    with pytest.raises(UserError, match="no trainA and trainB"):
        images.folder_domains(tmp_path, 32)


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (2000, 1500), (33, 32)])
def test_tiny_and_huge_pictures_fit(tmp_path, size):
    for name in "ab":
        red(size=size).save(tmp_path / f"{name}.png")
    loaded = images.load_folder(tmp_path, 36)
    assert loaded.shape == (2, 3, 36, 36) and loaded.dtype == torch.uint8
    assert loaded[0, :, 18, 18].tolist() == list(RED)


def test_short_side_is_scaled_and_the_middle_cut_out(tmp_path):
    wide = Image.new("RGB", (300, 100), "blue")
    wide.paste(red(size=(100, 100)), (100, 0))
    for name in "ab":
        wide.save(tmp_path / f"{name}.png")
    assert images.load_folder(tmp_path, 50)[:, 0].float().mean() > 195


def test_names_of_the_domains(tmp_path):
    assert images.domain_names(tmp_path / "horse2zebra") == ("horse", "zebra")
    assert images.domain_names(["x/cats", "x/dogs"]) == ("cats", "dogs")
    assert images.domain_names(["x/train", "y/train"]) == images.domain_names("x/y") == ("a", "b")


def numbered(n, size=12):
    return torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 3, size, size)


def test_an_epoch_shows_every_picture_once_and_pairs_at_random():
    domains = images.Domains(numbered(20), numbered(14))
    assert len(domains) == 20
    pairs = [images.to_uint8(torch.stack(domains.batch(s, 1, 8, seed=3))) for s in range(40)]
    pairs = [(x.unique().item(), y.unique().item()) for x, y in pairs]
    for epoch in (pairs[:20], pairs[20:]):
        assert sorted(a for a, _ in epoch) == list(range(20))
    assert sorted(b for _, b in pairs[:14]) == list(range(14))
    assert len(set(pairs[:20]) & set(pairs[20:])) < 5, "pairing must not be fixed"


def test_a_batch_is_a_function_of_seed_and_step():
    domains = images.toy_domains(6, 36)
    x, y = domains.batch(7, 2, 32, seed=1)
    for a, b in zip((x, y), domains.batch(7, 2, 32, seed=1)):
        assert torch.equal(a, b)
    assert not torch.equal(x, domains.batch(8, 2, 32, seed=1)[0])
    assert not torch.equal(x, domains.batch(7, 2, 32, seed=2)[0])
    assert x.shape == (2, 3, 32, 32) and -1 <= x.min() < x.max() <= 1


def test_crops_and_flips_differ_from_picture_to_picture():
    column = torch.arange(40, dtype=torch.uint8).expand(64, 3, 40, 40)
    rows = images.to_uint8(images.augment(column, 32, np.random.default_rng(0)))[:, 0, 0].int()
    steps = rows[:, 1:] - rows[:, :-1]
    flipped = (steps == -1).all(1)
    assert (flipped | (steps == 1).all(1)).all() and 20 < flipped.sum() < 44
    assert set(rows.amin(1).tolist()) == set(range(9)), "every place of the crop must occur"


def test_values_go_to_the_range_of_tanh_and_back():
    pictures = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert images.to_float(pictures).min() == -1 and images.to_float(pictures).max() == 1
    assert torch.equal(images.to_uint8(images.to_float(pictures)), pictures)
    assert images.to_uint8(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_toy_domains_share_no_scene():
    domains = images.toy_domains(4, 32, seed=0)
    edges = [d[:, :, :, 0].tolist() for d in (domains.a, domains.b)]  # landscape, no animal
    assert not any(a in edges[1] for a in edges[0])


@pytest.mark.parametrize("size", [(50, 31), (8, 200), (640, 480)])
def test_translate_keeps_the_size(size):
    class Inverter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.sign = torch.nn.Parameter(torch.tensor(-1.0))

        def forward(self, x):
            assert min(x.shape[-2:]) == 32, "the generator must see the size it was trained at"
            return self.sign * x

    out = images.translate(Inverter(), red(size=size), 32)
    assert out.size == size
    assert np.abs(np.array(out).astype(int) + RED - 255).max() <= 1


def test_the_pictures_of_a_sheet_come_back_as_they_were():
    pictures = torch.randint(0, 256, (12, 3, 10, 10), dtype=torch.uint8)
    found = images.cut_sheet(make_grid(pictures, nrow=4, pad_value=255), 10)
    assert torch.equal(found, pictures.reshape(3, 4, 3, 10, 10))
