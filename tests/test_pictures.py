import importlib
import io
import struct
import sys
import types

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from torchvision.utils import make_grid

from helpers import pictures
from helpers.settings import UserError

RED = (200, 40, 30)


def red(mode="RGB", size=(40, 30)):
    image = Image.new("RGB", size, RED)
    return image.quantize(4) if mode == "P" else image.convert(mode)


def is_red(path, tolerance=8):
    opened = pictures.open_picture(path)
    assert opened.mode == "RGB" and opened.size == (40, 30)
    return np.abs(np.array(opened).astype(int) - RED).max() < tolerance


@pytest.mark.parametrize("name, image", [
    ("a.jpg", red()), ("a.png", red()), ("a.webp", red()), ("a.bmp", red()), ("a.tiff", red()),
    ("cmyk.jpg", red("CMYK")), ("palette.png", red("P")), ("palette.gif", red("P")),
    ("rgba.png", red("RGBA")), ("upper.JPEG", red()), ("lab.tif", red("LAB")),
    ("saved by Windows.jfif", red()), ("a.ppm", red()),
])  # fmt: skip
def test_every_kind_of_file_is_the_same_red(tmp_path, name, image):
    image.save(tmp_path / name)
    assert is_red(tmp_path / name)
    assert pictures.picture_paths(tmp_path) == [tmp_path / name]


def test_avif_is_read_where_pillow_can(tmp_path):
    if ".avif" not in pictures.SUFFIXES:
        pytest.skip("this Pillow was built without AVIF")
    red().save(tmp_path / "a.avif")
    assert is_red(tmp_path / "a.avif")
    assert pictures.picture_paths(tmp_path) == [tmp_path / "a.avif"]


def test_heic_is_read_with_the_real_plugin(tmp_path):
    pytest.importorskip("pillow_heif", reason="pillow-heif is optional and not installed here")
    red().save(tmp_path / "a.heic", "HEIF")
    assert is_red(tmp_path / "a.heic")
    assert pictures.picture_paths(tmp_path) == [tmp_path / "a.heic"]


@pytest.fixture
def without_heic(monkeypatch):
    known = pictures.SUFFIXES - {".heic", ".heif", ".hif"}
    monkeypatch.setattr(pictures, "SUFFIXES", known)


def test_heic_is_read_once_a_plugin_registers_it(tmp_path, monkeypatch):
    plugin = types.ModuleType("pillow_heif")
    plugin.register_heif_opener = lambda: monkeypatch.setitem(Image.EXTENSION, ".heic", "PNG")
    red().save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.heic")
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "pillow_heif", plugin)
        importlib.reload(pictures)
        assert pictures.picture_paths(tmp_path) == [tmp_path / "a.heic"]
    monkeypatch.undo()
    importlib.reload(pictures)


def test_what_is_left_out_is_counted_with_its_reason(tmp_path, caplog, without_heic):
    red().save(tmp_path / "a.png")
    for name in ("1.heic", "2.HEIC", "notes.txt", "LICENSE", ".DS_Store", "._a.png"):
        (tmp_path / name).write_bytes(b"?")
    (tmp_path / "more.png").mkdir()
    assert pictures.picture_paths(tmp_path) == [tmp_path / "a.png"]
    assert caplog.messages == [
        f"{tmp_path}: 1 pictures are used; left out: 2 .heic (needs `pip install pillow-heif`), "
        "1 without an ending (not known as pictures), 1 folder (not searched), "
        "1 .txt (not known as pictures)."
    ]


def test_a_folder_of_pictures_alone_is_silent(tmp_path, caplog):
    red().save(tmp_path / "a.png")
    (tmp_path / ".hidden").touch()
    pictures.picture_paths(tmp_path)
    assert not caplog.messages


def test_a_folder_of_unreadable_kinds_says_what_to_install(tmp_path, without_heic):
    (tmp_path / "a.heic").write_bytes(b"?")
    with pytest.raises(UserError, match="no pictures but 1 .heic .*pip install pillow-heif"):
        pictures.picture_paths(tmp_path)
    with pytest.raises(UserError, match="a.heic cannot be read .*run `pip install pillow-heif`"):
        pictures.open_picture(tmp_path / "a.heic")


# Black, the middle and white in each mode that Pillow has; a mode of its future fails here.
STEPS = np.array([[0, 128, 255]], np.uint8)
GREY = Image.fromarray(STEPS)
MADE = {
    "1": lambda: GREY.point(lambda v: 255 * (v > 127)).convert("1"),
    "La": lambda: GREY.convert("LA").convert("La"),
    "RGBa": lambda: GREY.convert("RGBA").convert("RGBa"),
    "LAB": lambda: GREY.convert("RGB").convert("LAB"),
    "PA": lambda: GREY.convert("P").convert("PA"),
    "CMYK": lambda: GREY.convert("RGB").convert("CMYK"),
    "HSV": lambda: GREY.convert("RGB").convert("HSV"),
    "F": lambda: Image.fromarray(STEPS.astype(np.float32)),
    "I": lambda: Image.fromarray(STEPS.astype(np.int32)),
    "I;16": lambda: Image.frombytes("I;16", (3, 1), (STEPS * 257.0).astype("<u2").tobytes()),
    "I;16L": lambda: Image.frombytes("I;16L", (3, 1), (STEPS * 257.0).astype("<u2").tobytes()),
    "I;16B": lambda: Image.frombytes("I;16B", (3, 1), (STEPS * 257.0).astype(">u2").tobytes()),
    "I;16N": lambda: Image.frombytes("I;16N", (3, 1), (STEPS * 257.0).astype("=u2").tobytes()),
}


@pytest.mark.parametrize("mode", Image.MODES)
def test_every_mode_keeps_black_middle_and_white(mode):
    image = MADE.get(mode, lambda: GREY.convert(mode))()
    assert image.mode == mode
    middle = 255 if mode == "1" else 128
    found = np.array(pictures.to_rgb(image)).astype(int)
    assert np.abs(found - np.array([0, middle, 255])[None, :, None]).max() <= 2


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
@pytest.mark.parametrize("values, expected", [
    ([0, 0.5, 1], [0, 128, 255]),
    ([0, 0.1, 0.2], [0, 26, 51]),  # a dark picture stays dark
    ([0, 128, 255], [0, 128, 255]),
    ([0, 16384, 32768], [0, 64, 128]),
    ([-3, 0, 3], [0, 128, 255]),
    ([-200, 0, 200], [0, 128, 255]),
    ([2, 3, 4], [0, 128, 255]),
    ([0, 500_000, 1_000_000], [0, 128, 255]),
    ([7, 7, 7], [0, 0, 0]),
    ([np.nan, 1, np.inf], [0, 255, 0]),
])  # fmt: skip
def test_floats_and_32_bit_integers_are_scaled_to_their_range(tmp_path, dtype, values, expected):
    values = np.array([values])
    if dtype is np.int32 and not np.array_equal(values, values.round()):
        pytest.skip("no integers")
    Image.fromarray(values.astype(dtype)).save(tmp_path / "a.tiff")
    opened = np.array(pictures.open_picture(tmp_path / "a.tiff"))
    assert opened[0, :, 0].tolist() == expected


@pytest.mark.parametrize("mode, value", [("L", 128), ("LA", 128), ("1", 255)])
def test_greyscale_becomes_grey(tmp_path, mode, value):
    Image.new("L", (20, 20), 128).point(lambda v: value).convert(mode).save(tmp_path / "a.png")
    assert np.array(pictures.open_picture(tmp_path / "a.png")).mean() == value


def test_sixteen_bits_are_scaled_not_clipped(tmp_path):
    Image.fromarray(np.full((9, 9), 30_000, np.uint16)).save(tmp_path / "a.png")
    assert set(np.array(pictures.open_picture(tmp_path / "a.png")).flat) == {117}


def test_transparency_is_laid_on_white(tmp_path):
    Image.new("RGBA", (9, 9), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert np.array(pictures.open_picture(tmp_path / "a.png")).min() == 255


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.tiff", "a.png"])
def test_of_several_frames_the_first_is_taken(tmp_path, name):
    others = [Image.new("RGB", (40, 30), colour) for colour in ("blue", "green")]
    red().save(tmp_path / name, save_all=True, append_images=others)
    with Image.open(tmp_path / name) as image:
        assert image.n_frames == 3
    assert is_red(tmp_path / name)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff"])
def test_exif_orientation_is_applied(tmp_path, name):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned
    red(size=(40, 20)).save(tmp_path / name, exif=exif)
    assert pictures.open_picture(tmp_path / name).size == (20, 40)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_exif_block_stops_no_picture(tmp_path, name):
    for exif in (b"XX", b"II*\0" + bytes(range(60))):
        red().save(tmp_path / name, exif=b"Exif\0\0" + exif)
        assert is_red(tmp_path / name)


@pytest.mark.parametrize("kind", [struct.error, KeyError, ZeroDivisionError])
def test_whatever_exif_raises_the_picture_is_kept(tmp_path, monkeypatch, kind):
    def broken(image):
        raise kind("broken")

    monkeypatch.setattr(ImageOps, "exif_transpose", broken)
    red().save(tmp_path / "a.jpg")
    assert is_red(tmp_path / "a.jpg")


# An ICC profile, written by hand from its specification: header, table of tags, tags.


def icc(space, pcs, device, tags):
    offset, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += struct.pack(">4sII", name.encode(), offset + len(body), len(data))
        body += data
    white = struct.pack(">3i", *(round(65536 * v) for v in (0.9642, 1, 0.8249)))
    size = offset + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s", size, 0x02200000, device, space, pcs, b"acsp")
    header = header.ljust(68, b"\0") + white
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def xyz(*values):
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(65536 * v) for v in values))


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(256 * value))


def description(text):
    text = text.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)


P3 = np.array(
    [[0.51512, 0.29198, 0.1571], [0.2412, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
SRGB = np.array([
    [0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.7141]
])  # fmt: skip


def matrix_profile(primaries, name="wide"):
    tags = {"desc": description(name), "wtpt": xyz(0.9642, 1, 0.8249)}
    for letter, column in zip("rgb", primaries.T):
        tags |= {f"{letter}XYZ": xyz(*column), f"{letter}TRC": gamma(2.2)}
    return icc(b"RGB ", b"XYZ ", b"mntr", tags)


def in_srgb(colour):
    linear = np.linalg.solve(SRGB, P3 @ (np.array(colour) / 255) ** 2.2).clip(0, 1)
    return 255 * np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff"])
def test_display_p3_is_converted_to_srgb(tmp_path, name):
    colour = (150, 110, 70)
    kinds = [Image.new("RGB", (40, 30), colour)]
    if name != "a.jpg":
        kinds.append(kinds[0].convert("RGBA"))
    for image in kinds:
        options = {"lossless": True} if name == "a.webp" else {}
        image.save(tmp_path / name, icc_profile=matrix_profile(P3), **options)
        found = np.array(pictures.open_picture(tmp_path / name)).mean((0, 1))
        assert np.abs(found - in_srgb(colour)).max() < 2.5
    assert np.abs(in_srgb(colour) - colour).max() > 5, "else this test could not fail"


def test_a_palette_with_a_profile_is_converted(tmp_path):
    image = Image.new("RGB", (40, 30), (150, 110, 70)).quantize(4)
    image.save(tmp_path / "a.png", icc_profile=matrix_profile(P3))
    found = np.array(pictures.open_picture(tmp_path / "a.png")).mean((0, 1))
    assert np.abs(found - in_srgb((150, 110, 70))).max() < 2.5


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_a_grey_profile_is_used(tmp_path, mode):
    profile = icc(b"GRAY", b"XYZ ", b"mntr", {
        "desc": description("linear grey"), "wtpt": xyz(0.9642, 1, 0.8249), "kTRC": gamma(1.0),
    })  # fmt: skip
    Image.new("L", (9, 9), 55).convert(mode).save(tmp_path / "a.png", icc_profile=profile)
    found = np.array(pictures.open_picture(tmp_path / "a.png"))
    expected = 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)
    assert np.abs(found - expected).max() < 2 < expected - 55


def test_a_cmyk_profile_is_used(tmp_path):
    """Its table gives Lab 50, 0, 0 for all coloured inks, which no formula does, and black."""
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 * v for v in (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    table = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity
    table += 4 * ramp + 8 * bytes((128, 128, 128, 0, 128, 128)) + 3 * ramp
    tags = {"desc": description("ink"), "wtpt": xyz(0.9642, 1, 0.8249), "A2B0": table}
    image = Image.new("CMYK", (9, 9), (0, 255, 0, 0))
    image.save(tmp_path / "a.tiff", icc_profile=icc(b"CMYK", b"Lab ", b"prtr", tags))
    found = np.array(pictures.open_picture(tmp_path / "a.tiff"))
    assert np.abs(found - 119.0).max() <= 2


def test_a_profile_that_cannot_be_used_is_ignored(tmp_path):
    grey_only = icc(b"GRAY", b"XYZ ", b"mntr", {"kTRC": gamma(1.0)})
    for profile in (b"broken", matrix_profile(P3)[:300], grey_only, b"\0" * 128):
        red().save(tmp_path / "a.png", icc_profile=profile)
        assert is_red(tmp_path / "a.png", tolerance=1)


def test_srgb_itself_changes_nothing(tmp_path):
    """By its name, as a conversion to the same would round now and then."""
    colours = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    profile = matrix_profile(SRGB, "sRGB IEC61966-2.1")
    Image.fromarray(colours).save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(pictures.open_picture(tmp_path / "a.png"), colours)


def test_what_is_no_picture_is_named(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("not a picture")
    data = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (99, 99, 3), np.uint8)).save(
        data, "PNG"
    )
    (tmp_path / "half.png").write_bytes(data.getvalue()[:9000])
    for name, reason in (
        ("empty.jpg", "0 bytes"), ("text.png", "cannot identify"), ("half.png", "truncated"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=f"{name} cannot be read.*{reason}.*save it again"):
            pictures.open_picture(tmp_path / name)
    with pytest.raises(UserError, match="no picture at"):
        pictures.open_picture(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("error", [struct.error("unpack"), IndexError(), MemoryError("two\nlines")])
def test_whatever_a_decoder_raises_is_one_sentence(tmp_path, monkeypatch, error):
    def load(self):
        raise error

    red().save(tmp_path / "a.bmp")
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    with pytest.raises(UserError, match="a.bmp cannot be read as a picture") as caught:
        pictures.open_picture(tmp_path / "a.bmp")
    assert "\n" not in str(caught.value) and "()" not in str(caught.value)


def test_a_picture_goes_to_a_tensor_and_back():
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (5, 7, 3), np.uint8))
    assert pictures.to_tensor(image).shape == (3, 5, 7)
    assert pictures.to_image(pictures.to_tensor(image)) == image
    assert Image.open(io.BytesIO(pictures.encode(image))).convert("RGB") == image


def test_the_pictures_of_a_sheet_come_back_as_they_were():
    shown = torch.randint(0, 256, (12, 3, 10, 10), dtype=torch.uint8)
    found = pictures.cut_sheet(make_grid(shown, nrow=4, pad_value=255), 10)
    assert torch.equal(found, shown.reshape(3, 4, 3, 10, 10))
