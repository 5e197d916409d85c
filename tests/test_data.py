"""Domains, pairs and crops; opening images; the download, against archives made here."""

import functools
import hashlib
import http.server
import io
import threading
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.data import domains, horse2zebra, images
from helpers.data.domains import Domains, augment, domain_names, folder_domains, toy_domains

RED = (200, 40, 30)


def numbered(n, size=12):
    return torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 3, size, size)


def test_an_epoch_shows_every_image_once_and_pairs_at_random():
    both = Domains(numbered(20), numbered(14))
    pairs = [images.to_uint8(torch.stack(both.batch(s, 1, 8, seed=3))) for s in range(40)]
    pairs = [(x.unique().item(), y.unique().item()) for x, y in pairs]
    for epoch in (pairs[:20], pairs[20:]):
        assert sorted(a for a, _ in epoch) == list(range(20))
    assert sorted(b for _, b in pairs[:14]) == list(range(14))
    assert len(set(pairs[:20]) & set(pairs[20:])) < 5, "pairing must not be fixed"
    first, second = (domains.shuffled_indices(30, epoch, 30, (3, 0)) for epoch in (0, 1))
    assert sorted(first) == sorted(second) and (first != second).sum() > 15


def test_a_batch_is_a_function_of_seed_and_step():
    both = toy_domains(6, 36)
    x, y = both.batch(7, 2, 32, seed=1)
    for a, b in zip((x, y), both.batch(7, 2, 32, seed=1)):
        assert torch.equal(a, b)
    assert not torch.equal(x, both.batch(8, 2, 32, seed=1)[0])
    assert not torch.equal(x, both.batch(7, 2, 32, seed=2)[0])
    assert x.shape == (2, 3, 32, 32) and -1 <= x.min() < x.max() <= 1


def test_crops_come_from_anywhere_and_half_are_mirrored():
    """Of an image whose pixel at (row, column) is 16 row + column, crops of 8 x 8 from 16 x 16."""
    image = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(400, 3, 16, 16)
    crops = images.to_uint8(augment(image, 8, np.random.default_rng(0)))[:, 0].int()
    mirrored = crops[:, 0, 0] > crops[:, 0, -1]
    corners = torch.where(mirrored, crops[:, 0, -1], crops[:, 0, 0])
    for place in (corners // 16, corners % 16):
        assert sorted(place.unique().tolist()) == list(range(9))
    assert 160 < mirrored.sum() < 240


def test_values_go_to_the_range_of_tanh_and_back():
    all_values = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    assert images.to_float(all_values).min() == -1 and images.to_float(all_values).max() == 1
    assert torch.equal(images.to_uint8(images.to_float(all_values)), all_values)
    assert images.to_uint8(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


@pytest.mark.parametrize("mode", ["CMYK", "I;16", "heic", "turned"])
def test_every_kind_of_image_opens(mode, tmp_path):
    grey = Image.new("L", (40, 20), 200)
    path = tmp_path / "image.png"
    if mode == "I;16":
        Image.fromarray(np.full((20, 40), 200 * 257, np.uint16)).save(path)
    elif mode == "heic":
        path = tmp_path / "image.heic"
        grey.convert("RGB").save(path, quality=100)
    elif mode == "turned":
        exif = Image.Exif()
        exif[0x0112] = 6  # a camera held on its side
        grey.rotate(90, expand=True).save(path, exif=exif)
    else:
        path = tmp_path / "image.jpg"
        grey.convert(mode).save(path)
    opened = images.open_image(path)
    assert opened.mode == "RGB" and opened.size == (40, 20)
    assert np.abs(np.array(opened).astype(int) - 200).max() <= 4


def test_files_that_are_no_images_are_one_sentence(tmp_path):
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "half.jpg").write_bytes(jpeg(1)[:700])
    for name, words in (("text.png", "not an image"), ("half.jpg", "damaged")):
        with pytest.raises(ValueError, match=words):
            images.open_image(tmp_path / name)


def test_a_folder_leaves_out_what_is_hidden_and_says_so(tmp_path, capsys):
    for name in ("a.png", "deep/b.png", ".ipynb_checkpoints/a.png", "deep/.c.png", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (10, 20), RED).save(tmp_path / name, "PNG")
    assert images.load_folder(tmp_path, 8).shape == (2, 3, 8, 8)
    assert "2 images; 3 other files left out" in capsys.readouterr().out
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no images"):
        images.load_folder(tmp_path / "empty", 8)


def test_a_large_folder_is_a_memory_mapped_file(tmp_path, monkeypatch):
    for i in range(3):
        Image.new("RGB", (8, 8), (i, 0, 0)).save(tmp_path / f"{i}.png")
    in_memory = images.load_folder(tmp_path, 8)
    monkeypatch.setattr(images, "LARGE", 1)
    assert torch.equal(images.load_folder(tmp_path, 8), in_memory)


def test_a_test_image_that_was_trained_on_is_left_out(tmp_path, capsys):
    for folder, colours in {"trainA": [1, 2], "trainB": [3], "testA": [2, 9], "testB": [4]}.items():
        (tmp_path / "cat2dog" / folder).mkdir(parents=True)
        for colour in colours:
            Image.new("RGB", (8, 8), (colour,) * 3).save(
                tmp_path / "cat2dog" / folder / f"{colour}{folder}.png"
            )
    test = folder_domains((str(tmp_path / "cat2dog"),), 8, "test")
    assert test.names == ("cat", "dog") and test.a.unique().tolist() == [9]
    assert "2testA.png is left out" in capsys.readouterr().out
    assert len(folder_domains((str(tmp_path / "cat2dog"),), 8).a) == 2


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (("toy",), ("horse", "zebra")),
        (("data/horse2zebra",), ("horse", "zebra")),
        (("x/same", "y/same"), ("a", "b")),
    ],
)
def test_the_names_of_the_domains(data, names):
    assert domain_names(data) == names


@pytest.mark.parametrize("size", [(640, 480), (9, 90)])
def test_translate_keeps_the_size(size):
    class Inverter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.sign = torch.nn.Parameter(torch.tensor(-1.0))

        def forward(self, x):
            assert min(x.shape[-2:]) == 32
            return self.sign * x

    out = images.translate(Inverter(), Image.new("RGB", size, RED), 32)
    assert out.size == size and np.abs(np.array(out).astype(int) + RED - 255).max() <= 1


# The download


@functools.cache
def jpeg(seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG")
    return stream.getvalue()


COUNTS = {"trainA": 3, "trainB": 4, "testA": 2, "testB": 2}
FILES = {f"{folder}/n{i}.jpg": jpeg(i) for folder, n in COUNTS.items() for i in range(n)}


def make_zip(slash="", more=()):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, data in FILES.items():
            split, letter_and_file = path[:-8], path[-8:]
            archive.writestr(f"horse2zebra/{split}{slash}{letter_and_file}", data)
        for path in more:
            archive.writestr(path, b"evil")
    return stream.getvalue()


@pytest.fixture
def server(monkeypatch):
    """files: address -> bytes, on the loopback interface; all sources lead there."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = here.files.get(self.path)
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *args):
            pass

    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as here:
        here.files = {}
        threading.Thread(target=here.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{here.server_port}"
        lines = [f"{hashlib.sha256(FILES[n]).hexdigest()}  {n}\n" for n in sorted(FILES)]
        monkeypatch.setattr(horse2zebra, "COUNTS", COUNTS)
        monkeypatch.setattr(
            horse2zebra, "ORIGINAL", hashlib.sha256("".join(lines).encode()).hexdigest()
        )
        monkeypatch.setattr(horse2zebra, "SERVER", f"{url}/")
        monkeypatch.setattr(horse2zebra, "DRIVE", url.replace("127.0.0.1", "localhost") + "/drive")
        monkeypatch.setattr(horse2zebra, "HUB", f"{url}/hub/")
        published = hashlib.sha256(make_zip()).hexdigest()
        monkeypatch.setattr(horse2zebra, "ZIPS", {"horse2zebra": published})
        yield here
        here.shutdown()


def test_from_the_authors_server(server, tmp_path):
    server.files["/horse2zebra.zip"] = make_zip()
    folder = horse2zebra.fetch(root=tmp_path / "data")
    assert sorted(p.relative_to(folder).as_posix() for p in folder.glob("*/*")) == sorted(FILES)
    server.files.clear()
    assert horse2zebra.fetch(root=tmp_path / "data") == folder  # asks nobody


def test_another_source_and_another_layout(server, tmp_path, capsys):
    server.files["/horse2zebra.zip"] = make_zip(more=["x"])  # not the published file
    server.files["/drive"] = make_zip(slash="/")
    folder = horse2zebra.fetch(root=tmp_path)
    assert (folder / "trainB/n3.jpg").read_bytes() == jpeg(3)
    told = capsys.readouterr().out
    assert "not the published" in told and "not the authors' own" not in told


def test_from_hugging_face(server, tmp_path, capsys):
    import pyarrow
    from pyarrow import parquet

    for split, most in (("train", 4), ("test", 2)):
        columns = {}
        for letter in "AB":
            n = COUNTS[split + letter]
            found = [{"bytes": jpeg(i), "path": f"x{i}.jpg"} for i in range(n)]
            columns[f"image{letter}"] = found + [None] * (most - n)
        stream = io.BytesIO()
        parquet.write_table(pyarrow.table(columns), stream)
        server.files[f"/hub/{split}/0000.parquet"] = stream.getvalue()
    folder = horse2zebra.fetch(root=tmp_path)
    assert (folder / "trainA/x2.jpg").read_bytes() == jpeg(2)
    assert "but not the authors' own files" in capsys.readouterr().out


def test_a_zip_put_there_by_hand_writes_nothing_outside_its_folder(server, tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    (root / "horse2zebra.zip").write_bytes(make_zip(more=["../../evil", "/tmp/evil2"]))
    horse2zebra.fetch(root=root)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data"]
    assert sorted(p.name for p in root.iterdir()) == ["horse2zebra", "horse2zebra.zip"]


@pytest.mark.parametrize("body", [None, make_zip()[:2000]])
def test_no_good_copy_is_one_sentence_and_leaves_nothing(server, tmp_path, body):
    if body:
        server.files.update({"/horse2zebra.zip": body, "/drive": body})
    with pytest.raises(ValueError, match="put .*horse2zebra.zip at .* yourself"):
        horse2zebra.fetch(root=tmp_path)
    assert not (tmp_path / "horse2zebra").exists()
    assert not (tmp_path / "horse2zebra.part").exists()


def test_a_folder_that_is_not_whole_is_one_sentence(server, tmp_path):
    (tmp_path / "horse2zebra/trainA").mkdir(parents=True)
    with pytest.raises(ValueError, match="move it away"):
        horse2zebra.fetch(root=tmp_path)
