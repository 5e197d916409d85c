"""The downloader against archives made here and a server on the loopback interface."""

import errno
import functools
import hashlib
import http.server
import inspect
import io
import socket
import ssl
import sys
import threading
import types
import zipfile

import numpy as np
import pyarrow
import pytest
from PIL import Image
from pyarrow import parquet

from helpers import download
from helpers.download import File, Source, horse2zebra
from helpers.settings import UserError

COUNTS = {"trainA": 3, "trainB": 4, "testA": 2, "testB": 2}
QUOTA = b"<!DOCTYPE html><html><title>Google Drive - Quota exceeded</title></html>"


@functools.cache
def jpeg(seed):
    pixels = np.random.default_rng(list(seed)).integers(0, 256, (96, 96, 3), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def pictures(slash="", numbers=COUNTS):
    return {
        f"horse2zebra/{folder[:-1]}{slash}{folder[-1]}/n0_{i}.jpg": jpeg(f"{folder}{i}".encode())
        for folder, number in numbers.items()
        for i in range(number)
    }


def make_zip(entries, compression=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return stream.getvalue()


# Key and certificate of 127.0.0.1, signed by nobody: openssl req -x509 -newkey ec -nodes ...
CERTIFICATE = """
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgHWJZ4A2vjHOMraMZ
Erv8uZtVMmMC2Q0DjTMGKg+BFaqhRANCAAS4RofPHknnBsQ0vizUKSEfUcfHhssA
Ern6JNxmlPEtWiuFMWxMXotiILfPrYTQ5Yo5Tugd97bDVuIi3yZzfyPn
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBkDCCATagAwIBAgIUF+Klul3jnd/s972mB5Ieobo2oPgwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNTEzMzUwNloYDzIxMjYxMTAx
MTMzNTA2WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS4RofPHknnBsQ0vizUKSEfUcfHhssAErn6JNxmlPEtWiuFMWxMXoti
ILfPrYTQ5Yo5Tugd97bDVuIi3yZzfyPno2QwYjAdBgNVHQ4EFgQUGcU2FgzLB7IS
7FMpY8SEQw0EXLYwHwYDVR0jBBgwFoAUGcU2FgzLB7IS7FMpY8SEQw0EXLYwDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0gAMEUC
IH53YWQjgeunh9VZZiLSv4BmKjYXsdpGTUCfBgCRVKBBAiEAwaqlabwI91H7k77l
p9vAoXrDfP4JzWV3RfKeMeCXRLQ=
-----END CERTIFICATE-----
"""


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, body = self.server, self.server.files.get(self.path)
        span = self.headers.get("Range") if server.ranges else None
        server.seen.append((self.path, self.headers.get("Range")))
        start = int(span[len("bytes=") : -1]) if span else 0
        if body is None or start >= len(body):
            self.send_response(404 if body is None else 416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if span else 200)
        if span:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        stop = server.stops.pop(0) if server.stops else len(body)
        self.wfile.write(body[start:stop])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    """files: address -> bytes; stops: where each of the next answers breaks off; seen: requests."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.files, server.stops, server.seen, server.ranges = {}, [], [], True
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=60)


def serve(server, body, checked=True, counts=COUNTS, name="a.zip"):
    server.files[f"/{name}"] = body
    sums = (len(body), hashlib.sha256(body).hexdigest()) if checked else ()
    return Source("Mirror", (File(name, f"{server.url}/{name}", *sums),), counts)


def refused(name="Nowhere"):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Source(name, (File("n.zip", f"http://127.0.0.1:{port}/n.zip"),), COUNTS)


def fails(root, *sources):
    """The sentence of the error; nothing may lie under the final name."""
    with pytest.raises(UserError) as caught:
        horse2zebra(root, sources)
    assert not (root / "horse2zebra").exists()
    assert not (root / "horse2zebra.part" / "tree").exists()
    return str(caught.value)


def assert_complete(root, folder):
    assert folder == root / "horse2zebra"
    assert download.counts(folder) == COUNTS
    assert not (root / "horse2zebra.part").exists()


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("checked", [True, False])
def test_both_layouts(tmp_path, server, slash, checked):
    extra = {
        "__MACOSX/horse2zebra/trainA/._n0_0.jpg": b"x",
        "horse2zebra/trainA/.hidden.jpg": b"x",
        "horse2zebra/.git/trainA/n.jpg": b"x",
        "horse2zebra/trainA/Thumbs.db": b"x",
        "horse2zebra/trainA/": b"",
    }
    source = serve(server, make_zip(pictures(slash) | extra), checked)
    folder = horse2zebra(tmp_path / "data", (source,))
    assert_complete(tmp_path / "data", folder)
    files = sorted(p.relative_to(tmp_path / "data").as_posix() for p in folder.glob("*/*"))
    assert files == sorted(pictures())
    assert (folder / "trainB" / "n0_3.jpg").read_bytes() == jpeg(b"trainB3")


def test_second_call_opens_no_connection(tmp_path, server):
    source = serve(server, make_zip(pictures()))
    horse2zebra(tmp_path, (source,))
    (tmp_path / "horse2zebra.part").mkdir()  # as if killed right after the rename
    assert_complete(tmp_path, horse2zebra(tmp_path, (source,)))
    assert len(server.seen) == 1


def test_another_folder_is_left_alone(tmp_path, server):
    (tmp_path / "horse2zebra" / "trainA").mkdir(parents=True)
    (tmp_path / "horse2zebra" / "trainA" / "mine.jpg").write_bytes(b"x")
    with pytest.raises(UserError, match="exists but holds .*'trainA': 1.* move it away"):
        horse2zebra(tmp_path, (serve(server, make_zip(pictures())),))
    assert (tmp_path / "horse2zebra" / "trainA" / "mine.jpg").exists()
    assert server.seen == []


@pytest.mark.parametrize("checked", [True, False])
def test_resumes_a_broken_connection(tmp_path, server, checked):
    body = make_zip(pictures())
    source = serve(server, body, checked)
    server.stops = [len(body) // 2]
    assert_complete(tmp_path, horse2zebra(tmp_path, (source,)))
    (_, first), (_, second) = server.seen
    start = int(second.removeprefix("bytes=").removesuffix("-"))
    assert first is None and len(body) // 2 - (1 << 15) <= start <= len(body) // 2 and start > 0


def test_resumes_in_the_next_run(tmp_path, server):
    body = make_zip(pictures())
    source = serve(server, body)
    server.stops = [len(body) // 2, 0]
    assert "broke off" in fails(tmp_path, source)
    kept = (tmp_path / "horse2zebra.part" / "a.zip").stat().st_size
    assert_complete(tmp_path, horse2zebra(tmp_path, (source,)))
    assert server.seen[-1] == ("/a.zip", f"bytes={kept}-")


def test_server_without_ranges_starts_over(tmp_path, server):
    body = make_zip(pictures())
    source = serve(server, body)
    server.stops, server.ranges = [len(body) // 2], False
    assert_complete(tmp_path, horse2zebra(tmp_path, (source,)))
    assert len(server.seen) == 2


def part(root, body):
    (root / "horse2zebra.part").mkdir()
    (root / "horse2zebra.part" / "a.zip").write_bytes(body)


def test_complete_part_and_416(tmp_path, server):
    body = make_zip(pictures())
    part(tmp_path, body)
    assert_complete(tmp_path, horse2zebra(tmp_path, (serve(server, body, checked=False),)))
    assert server.seen == [("/a.zip", f"bytes={len(body)}-")]


@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("length", [1000, 10**6])
def test_altered_part_is_deleted_and_fetched_afresh(tmp_path, server, capsys, checked, length):
    body = make_zip(pictures())
    part(tmp_path, bytes(length))
    assert_complete(tmp_path, horse2zebra(tmp_path, (serve(server, body, checked),)))
    said = capsys.readouterr().err
    assert "Mirror: a.zip " in said and "Deleted it, starting over." in said
    assert server.seen[-1] == ("/a.zip", None)


def test_wrong_checksum(tmp_path, server):
    source = serve(server, make_zip(pictures()))
    server.files["/a.zip"] = server.files["/a.zip"][:-1] + b"!"
    text = fails(tmp_path, source)
    assert "a.zip is altered: its SHA-256 is not" in text
    assert len(server.seen) == 2  # once more, then no longer
    assert list((tmp_path / "horse2zebra.part").iterdir()) == []


def test_truncated_zip(tmp_path, server):
    body = make_zip(pictures())
    source = serve(server, body)
    server.files["/a.zip"] = body[:-1000]
    assert f"has {len(body) - 1000:,} bytes instead of {len(body):,}" in fails(tmp_path, source)
    unchecked = serve(server, body[:-1000], checked=False)
    assert "a.zip is not a whole zip file" in fails(tmp_path, unchecked)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_altered_bytes_in_an_unchecked_zip(tmp_path, server, compression):
    body = bytearray(make_zip(pictures(), compression))
    body[100:200] = bytes(100)
    source = serve(server, bytes(body), checked=False)
    assert "a.zip is not a whole zip file (" in fails(tmp_path, source)


def test_zip_with_a_password(tmp_path, server):
    body = bytearray(make_zip(pictures()))
    for signature, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.index(signature) + flag] |= 1
    source = serve(server, bytes(body), checked=False)
    assert "a.zip is not a whole zip file (" in fails(tmp_path, source)


def test_appears_under_the_final_name_in_one_step(tmp_path, server, monkeypatch):
    def rename(tree, final):
        assert download.counts(tree) == COUNTS and not final.exists()
        raise KeyboardInterrupt

    monkeypatch.setattr(download.os, "rename", rename)
    with pytest.raises(KeyboardInterrupt):
        horse2zebra(tmp_path, (serve(server, make_zip(pictures())),))
    assert not (tmp_path / "horse2zebra").exists()


def test_entries_that_begin_with_a_dot_and_a_slash(tmp_path, server):
    entries = {f"./{name}": data for name, data in pictures().items()}
    assert_complete(tmp_path, horse2zebra(tmp_path, (serve(server, make_zip(entries)),)))


@pytest.mark.parametrize("page, words", [(QUOTA, "too many people"), (b"\n<html>x", "a web page")])
@pytest.mark.parametrize("size", [None, 5])
def test_page_in_place_of_a_zip(tmp_path, server, page, words, size):
    server.files["/a.zip"] = page
    source = Source("Mirror", (File("a.zip", f"{server.url}/a.zip", size),), COUNTS)
    assert words in fails(tmp_path, source)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "name", ["../trainA/x.jpg", "/trainA/x.jpg", "C:/trainA/x.jpg", "a/..\\..\\trainA/x.jpg", "\\x"]
)
def test_unsafe_path_is_refused_before_anything_is_written(tmp_path, server, monkeypatch, name):
    monkeypatch.setattr(download.shutil, "copyfileobj", None)  # called if it unpacks
    source = serve(server, make_zip(pictures() | {name: b"x"}), checked=False)
    text = fails(tmp_path, source)
    assert f"a.zip is not safe: it holds {name!r}" in text
    assert not (tmp_path.parent / "trainA").exists()


def test_link_is_refused(tmp_path, server):
    link = zipfile.ZipInfo("horse2zebra/trainA/link.jpg")
    link.external_attr = 0o120777 << 16
    source = serve(server, make_zip(pictures() | {link: b"/etc/passwd"}))
    assert "not safe: it holds 'horse2zebra/trainA/link.jpg'" in fails(tmp_path, source)


def test_bomb_is_refused(tmp_path, server, monkeypatch):
    monkeypatch.setattr(download, "LIMIT", 1000)
    assert "not safe: it unpacks to" in fails(tmp_path, serve(server, make_zip(pictures())))


def test_no_network_names_every_source_and_the_way_by_hand(tmp_path):
    first, second = refused("One"), refused("Two")
    text = fails(tmp_path, first, second)
    sentence = "no connection, or it broke off; check that this machine is online."
    assert f"One: {sentence} Two: {sentence}" in text
    assert f"download {first.files[0].url} in a browser" in text
    assert f"put it at {tmp_path / 'horse2zebra.zip'} and run this again" in text


def test_a_certificate_that_is_not_accepted_is_no_broken_connection(tmp_path, server):
    """What a proxy that opens HTTPS looks like: a certificate that nobody here knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (tmp_path / "own.pem").write_text(CERTIFICATE)
    context.load_cert_chain(tmp_path / "own.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    url = server.url.replace("http:", "https:")
    text = fails(tmp_path, Source("Opened", (File("z.zip", f"{url}/z.zip"),), COUNTS))
    assert "Opened: the server's certificate was not accepted" in text
    assert "REQUESTS_CA_BUNDLE" in text and "no connection" not in text


def test_a_proxy_that_is_away_is_named(tmp_path, monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, refused().files[0].url)
    source = Source("Far", (File("z.zip", "https://example.invalid/z.zip"),), COUNTS)
    assert "Far: the proxy refused; check HTTPS_PROXY." in fails(tmp_path, source)


def test_a_server_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.1)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/z.zip"
        text = fails(tmp_path, Source("Silent", (File("z.zip", url),), COUNTS))
    assert "Silent: no answer within 30 seconds" in text


def test_falls_back_to_the_next_source(tmp_path, server, capsys):
    good = serve(server, make_zip(pictures()))
    missing = Source("Missing", (File("m.zip", f"{server.url}/m.zip"),), COUNTS)
    assert_complete(tmp_path, horse2zebra(tmp_path, (refused(), missing, good)))
    said = capsys.readouterr().err
    assert "Nowhere: no connection" in said and "Missing: 404" in said


def test_zip_put_there_by_hand(tmp_path):
    (tmp_path / "horse2zebra.zip").write_bytes(make_zip(pictures("/")))
    assert_complete(tmp_path, horse2zebra(tmp_path, (refused(),)))
    assert (tmp_path / "horse2zebra.zip").exists()


def test_bad_zip_put_there_by_hand_is_kept_and_named(tmp_path):
    (tmp_path / "horse2zebra.zip").write_bytes(QUOTA)
    assert "horse2zebra.zip: Google Drive says" in fails(tmp_path, refused())
    assert (tmp_path / "horse2zebra.zip").exists()


def test_killed_while_unpacking_leaves_nothing(tmp_path, server, monkeypatch):
    source = serve(server, make_zip(pictures()))
    with monkeypatch.context() as patch:

        def die(*args):
            raise KeyboardInterrupt

        patch.setattr(download.shutil, "copyfileobj", die)
        with pytest.raises(KeyboardInterrupt):
            horse2zebra(tmp_path, (source,))
    assert not (tmp_path / "horse2zebra").exists()
    (tmp_path / "horse2zebra.part" / "tree" / "trainA" / "half.jpg").write_bytes(b"x")
    assert_complete(tmp_path, horse2zebra(tmp_path, (source,)))
    assert len(server.seen) == 1  # the zip was complete


def test_full_disk(tmp_path, server, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    source = serve(server, make_zip(pictures()))
    monkeypatch.setattr(download.shutil, "copyfileobj", full)
    text = fails(tmp_path, source, source)
    assert "is full; horse2zebra needs 250 MB in all: free some space" in text
    assert len(server.seen) == 1  # no other source is tried


def test_root_that_is_a_file(tmp_path):
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(UserError, match="Nowhere: .*data"):
        horse2zebra(tmp_path / "data", (refused(),))


def test_wrong_counts(tmp_path, server):
    source = serve(server, make_zip(pictures(numbers=COUNTS | {"testB": 1})))
    assert "'testB': 1} pictures instead of {'trainA': 3" in fails(tmp_path, source)


@pytest.mark.parametrize("bad", [b"", b"not a picture", jpeg(b"x")[:4000]])
def test_picture_that_cannot_be_decoded(tmp_path, server, bad):
    entries = pictures() | {"horse2zebra/testA/n0_1.jpg": bad}
    source = serve(server, make_zip(entries), checked=False)
    assert "the picture testA/n0_1.jpg cannot be decoded" in fails(tmp_path, source)


class DriveError(Exception):
    pass


def fake_gdown(monkeypatch, new, act):
    """A module with the signature of gdown 5.2.2's download or of 6.5's, as far as used."""
    calls = []

    def old_download(url=None, output=None, quiet=False, id=None, fuzzy=False, resume=False):
        calls.append({"url": url, "resume": resume})
        return act(output)

    def new_download(
        url=None, output=None, quiet=False, id=None, resume=False, timeout=None, retries=0
    ):
        calls.append({"url": url, "resume": resume, "timeout": timeout, "retries": retries})
        return act(output)

    module = types.ModuleType("gdown")
    module.download = new_download if new else old_download
    monkeypatch.setitem(sys.modules, "gdown", module)
    return calls


DRIVE = Source("Drive", (File("drive.zip", "https://drive.google.com/uc?id=abc"),), COUNTS)


NEW = pytest.mark.parametrize("new", [False, True], ids=["gdown5", "gdown6"])


@NEW
def test_gdown(tmp_path, monkeypatch, new):
    def act(output):
        with open(output, "wb") as stream:
            stream.write(make_zip(pictures("/")))

    calls = fake_gdown(monkeypatch, new, act)
    assert_complete(tmp_path, horse2zebra(tmp_path, (DRIVE,)))
    options = {"timeout": download.TIMEOUT, "retries": 2} if new else {}
    assert calls == [{"url": DRIVE.files[0].url, "resume": True} | options]


@NEW
@pytest.mark.parametrize(
    "text, words",
    [
        ("Too many users have\n viewed this file", "too many people fetched this file today"),
        ("Cannot retrieve\n\tthe link", "gdown got no file (Cannot retrieve the link)."),
        ("HTTPSConnectionPool(host='x'): Max retries exceeded", "no connection, or it broke off"),
        ("HTTPSConnectionPool(host='x'): Caused by SSLError(1)", "the server's certificate was"),
        ("HTTPSConnectionPool(host='x'): Caused by ProxyError(1)", "the proxy refused"),
        ("HTTPSConnectionPool(host='x'): Read timed out. (read timeout=30)", "no answer within 30"),
    ],
)
def test_gdown_refused(tmp_path, monkeypatch, new, text, words):
    def act(output):
        raise DriveError(text)

    calls = fake_gdown(monkeypatch, new, act)
    assert f"Drive: {words}" in fails(tmp_path, DRIVE).replace("Google Drive says that ", "")
    assert len(calls) == 1


@NEW
def test_gdown_stores_a_page(tmp_path, monkeypatch, new):
    def act(output):
        with open(output, "wb") as stream:
            stream.write(QUOTA)

    fake_gdown(monkeypatch, new, act)
    assert "Drive: Google Drive says that too many people" in fails(tmp_path, DRIVE)
    assert list((tmp_path / "horse2zebra.part").iterdir()) == []


def test_gdown_cannot_choose_a_partial_file(tmp_path, monkeypatch):
    (tmp_path / "horse2zebra.part").mkdir()
    for end in ("one", "two"):
        (tmp_path / "horse2zebra.part" / f"drive.zip{end}.part").write_bytes(b"x")

    def act(output):  # gdown 5 prints and returns None while there are several
        if not list((tmp_path / "horse2zebra.part").glob("*.part")):
            with open(output, "wb") as stream:
                stream.write(make_zip(pictures("/")))

    calls = fake_gdown(monkeypatch, False, act)
    assert_complete(tmp_path, horse2zebra(tmp_path, (DRIVE,)))
    assert len(calls) == 2


def test_gdown_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gdown", None)
    assert "Drive: the package gdown is missing" in fails(tmp_path, DRIVE)


def test_installed_gdown_takes_these_arguments():
    import gdown

    parameters = inspect.signature(gdown.download).parameters
    assert {"url", "output", "resume"} <= set(parameters)


def hub(server, padding, more=None):
    """A source of two parquet files of pairs; `padding` fills up the smaller domain."""
    files = []
    for split in ("train", "test"):
        a, b = (
            [{"bytes": jpeg(f"{split}{x}{i}".encode()), "path": None} for i in range(number)]
            for x, number in (("A", COUNTS[split + "A"]), ("B", COUNTS[split + "B"]))
        )
        fill = {"null": None, "again": a[0], "other": more}[padding]
        a += [fill] * (len(b) - len(a))
        stream = io.BytesIO()
        parquet.write_table(pyarrow.table({"imageA": a, "imageB": b}), stream)
        body = stream.getvalue()
        server.files[f"/{split}"] = body
        sha256 = hashlib.sha256(body).hexdigest()
        files.append(File(f"{split}.parquet", f"{server.url}/{split}", len(body), sha256))
    return Source("Hub", tuple(files), COUNTS)


@pytest.mark.parametrize("padding", ["null", "again"])
def test_parquet(tmp_path, server, padding):
    folder = horse2zebra(tmp_path, (hub(server, padding),))
    assert_complete(tmp_path, folder)
    assert (folder / "trainA" / "0002.jpg").read_bytes() == jpeg(b"trainA2")
    assert (folder / "trainB" / "0003.jpg").read_bytes() == jpeg(b"trainB3")


def test_parquet_with_more_pictures_than_it_should(tmp_path, server):
    source = hub(server, "other", {"bytes": jpeg(b"z"), "path": None})
    assert "{'trainA': 4, 'trainB': 4" in fails(tmp_path, source)


def test_parquet_of_another_kind(tmp_path, server):
    stream = io.BytesIO()
    parquet.write_table(pyarrow.table({"text": ["x"]}), stream)
    for body in (stream.getvalue(), b"PAR1 but not really PAR1"):
        source = serve(server, body, checked=False, name="train.parquet")
        assert "train.parquet is not the expected parquet file" in fails(tmp_path, source)


def test_the_real_sources():
    sums = [file.sha256 for source in download.SOURCES for file in source.files]
    assert [sha256 and len(sha256) for sha256 in sums] == [64, None, 64, 64]
    assert all(source.counts == download.COUNTS for source in download.SOURCES)
    assert all(f.url.startswith("https://") for s in download.SOURCES for f in s.files)
