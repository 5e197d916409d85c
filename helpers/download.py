"""Fetching horse2zebra: three sources, resumable, checked, nothing half-written."""

import dataclasses
import errno
import functools
import hashlib
import inspect
import os
import re
import shutil
import stat
import sys
import zipfile
import zlib
from pathlib import Path

import requests
from PIL import Image
from tqdm.auto import tqdm

from helpers.settings import UserError

COUNTS = {"trainA": 1067, "trainB": 1334, "testA": 120, "testB": 140}
SUFFIXES = {".jpg", ".jpeg", ".png"}
TIMEOUT = 30  # seconds, to connect and between two packets
ATTEMPTS = 20  # connections per file; one that brings no byte is the last
LIMIT = 10**9  # bytes that a zip may unpack to (the real one: 0.12e9)


@dataclasses.dataclass(frozen=True)
class File:
    """A zip, or train.parquet or test.parquet; size in bytes and SHA-256 where published."""

    name: str
    url: str
    size: int | None = None
    sha256: str | None = None


@dataclasses.dataclass(frozen=True)
class Source:
    """One place that has the whole data set."""

    name: str
    files: tuple[File, ...]
    counts: dict[str, int] = dataclasses.field(default_factory=COUNTS.copy)


# Size and SHA-256: of the zip from TensorFlow Datasets, of parquet from the Git LFS pointers on
# the branch refs/convert/parquet, at the commit in the address.
_HUB = "https://huggingface.co/datasets/huggan/horse2zebra/resolve"
_HUB += "/cf56002cb80ba0a90fa5b1ad8806fdff233544ea/default"
_ZIP = "https://efrosgans.eecs.berkeley.edu/cyclegan/datasets/horse2zebra.zip"
_ZIP_SHA = "a74d9d392eecca9966b51287a76ca126af473d9de4f3e8fc0e9cda08fa1730a1"
_DRIVE = "https://drive.google.com/uc?id=1jPelB2jzNZJq3ZU9Uk_Mkt4MJtF3DRgg"
_TRAIN_SHA = "8377f9b0e2233847144e9500166ce3eb960b3c9a09d8238cfaf6aa32bf05a657"
_TEST_SHA = "6ecc97707d798b3aad178db37e1deb8f19832b232e3dc3cc01396247b77fa1eb"
_TRAIN = File("train.parquet", f"{_HUB}/train/0000.parquet", 109_769_114, _TRAIN_SHA)
_TEST = File("test.parquet", f"{_HUB}/test/0000.parquet", 11_786_258, _TEST_SHA)
SOURCES = (
    Source("The authors' server", (File("horse2zebra.zip", _ZIP, 116_867_962, _ZIP_SHA),)),
    Source("Google Drive", (File("drive.zip", _DRIVE),)),
    Source("Hugging Face", (_TRAIN, _TEST)),
)


# What may break a connection: the error, gdown's word for it, what the reader is told.
_BROKEN = (
    (requests.exceptions.SSLError, "SSL", "the server's certificate was not accepted; behind a "
     "proxy that opens HTTPS, name its certificate file in REQUESTS_CA_BUNDLE."),
    (requests.exceptions.ProxyError, "[Pp]roxy", "the proxy refused; check HTTPS_PROXY."),
    (requests.Timeout, "timed out", f"no answer within {TIMEOUT} seconds; try again later."),
    (requests.RequestException, "ConnectionPool|Max retries",
     "no connection, or it broke off; check that this machine is online."),
)  # fmt: skip


class _Damaged(UserError):
    """The bytes are not what they should be: worth one fresh download."""


def horse2zebra(root: str | Path = "data", sources: tuple[Source, ...] = SOURCES) -> Path:
    """Folder root/horse2zebra with trainA, trainB, testA and testB; fetched if it is not there.

    A zip at root/horse2zebra.zip is used before any source. A broken download goes on where it
    stopped, in this call or the next; everything unfinished lies in root/horse2zebra.part.
    Raises UserError if no source gave a good copy, the disk is full, or the folder exists and
    holds something else.
    """
    root = Path(root)
    final, by_hand, work = (root / f"horse2zebra{end}" for end in ("", ".zip", ".part"))
    tree, expected = work / "tree", sources[0].counts
    if final.exists():
        if counts(final) in [source.counts for source in sources]:
            shutil.rmtree(work, ignore_errors=True)  # left if killed right after the rename
            return final
        found = f"{final} exists but holds {counts(final)} pictures instead of {expected}"
        raise UserError(f"{found}; move it away and run this again.")
    tries = [(s.name, functools.partial(_download, s, work, tree)) for s in sources]
    if by_hand.exists():
        pair = (by_hand, File(by_hand.name, ""))
        tries.insert(0, (str(by_hand), functools.partial(_fill, tree, [pair], expected)))
    reasons = []
    for name, attempt in tries:
        try:
            work.mkdir(parents=True, exist_ok=True)
            attempt()
            os.rename(tree, final)
        except (UserError, OSError, ImportError) as error:
            shutil.rmtree(tree, ignore_errors=True)
            if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
                full = f"The disk that holds {root} is full; horse2zebra needs 250 MB in all"
                raise UserError(f"{full}: free some space and run this again.") from None
            reasons.append(f"{name}: {_why(error)}")
            print(reasons[-1], file=sys.stderr)
        else:
            shutil.rmtree(work, ignore_errors=True)
            return final
    raise UserError(
        f"horse2zebra could not be fetched. {' '.join(reasons)} Run this again later, or download "
        f"{sources[0].files[0].url} in a browser, put it at {by_hand} and run this again."
    )


def counts(folder: str | Path) -> dict[str, int]:
    """How many pictures lie in trainA, trainB, testA and testB of a folder."""
    found = {name: Path(folder, name).glob("[!.]*") for name in COUNTS}
    return {name: sum(p.suffix.lower() in SUFFIXES for p in found[name]) for name in COUNTS}


def _why(error: Exception) -> str:
    """One sentence for the reader."""
    if isinstance(error, ImportError):
        return f"the package {error.name} is missing; install it with pip install {error.name}."
    told = [words for kind, _, words in _BROKEN if isinstance(error, kind)]
    return told[0] if told and not isinstance(error, requests.HTTPError) else str(error)


def _download(source: Source, work: Path, tree: Path) -> None:
    """Fetch all files of a source into `work` and unpack them; if damaged, once more afresh."""
    for attempt in (1, 2):
        try:
            for file in source.files:
                drive = file.url.startswith("https://drive.google.com/")
                (_by_gdown if drive else _by_http)(file, work / file.name)
            return _fill(tree, [(work / file.name, file) for file in source.files], source.counts)
        except UserError as error:
            for path in [path for file in source.files for path in work.glob(file.name + "*")]:
                path.unlink()  # gdown's partial files, too
            if attempt == 2 or not isinstance(error, _Damaged):
                raise
            print(f"{source.name}: {error} Deleted it, starting over.", file=sys.stderr)


def _by_http(file: File, path: Path) -> None:
    """Append to `path` what it lacks; when this returns, the server has no more to send."""
    for attempt in range(1, ATTEMPTS + 1):
        have = path.stat().st_size if path.exists() else 0
        if file.size and have >= file.size:
            return
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        try:
            with requests.get(file.url, headers=headers, stream=True, timeout=TIMEOUT) as answer:
                if have and answer.status_code == 416:  # there is nothing behind `have`
                    return
                answer.raise_for_status()
                span = answer.headers.get("Content-Range", "")
                start = have if span.startswith(f"bytes {have}-") else 0  # 0: Range was ignored
                total = start + int(answer.headers.get("Content-Length", 0)) or None
                bar = tqdm(desc=file.name, total=total, initial=start, unit="B", unit_scale=True)
                with bar, open(path, "ab" if start else "wb") as out:
                    for chunk in answer.iter_content(1 << 15):
                        bar.update(out.write(chunk))
            return
        except requests.RequestException:
            grew = path.exists() and path.stat().st_size > have
            if attempt == ATTEMPTS or not grew:
                raise


def _by_gdown(file: File, path: Path) -> None:
    """The same for Google Drive; gdown keeps its partial file beside `path`."""
    import gdown

    known = inspect.signature(gdown.download).parameters  # gdown 5 can do neither
    options = {k: v for k, v in {"timeout": TIMEOUT, "retries": 2}.items() if k in known}
    try:
        gdown.download(url=file.url, output=str(path), resume=True, **options)
    except OSError:  # the network (the errors of requests) or the disk
        raise
    except Exception as error:  # noqa: BLE001 (gdown's own; 5 and 6 have different ones)
        text = " ".join(str(error).split())
        for kind, pattern, _ in _BROKEN:
            if re.search(pattern, text):
                raise kind from None
        raise UserError(_quota(text) or f"gdown got no file ({text}).") from None
    if not path.exists():  # gdown 5 prints why and returns None
        raise _Damaged("gdown could not go on with its partial file.")


def _quota(text: str) -> str:
    if re.search("quota|too many users", text, re.IGNORECASE):
        return "Google Drive says that too many people fetched this file today; try tomorrow."
    return ""


def _check(path: Path, file: File) -> None:
    """Size and SHA-256, and that it is not a web page that says why there is no file."""
    with open(path, "rb") as stream:
        head = stream.read(1 << 16).lstrip()
        if head[:9].lower().startswith((b"<!doctype", b"<html")):
            page = "a web page came in place of the file; does this network ask for a log-in?"
            raise UserError(_quota(head.decode(errors="replace")) or page)
        size = stream.seek(0, os.SEEK_END)
        if file.size and size != file.size:
            raise _Damaged(f"{file.name} has {size:,} bytes instead of {file.size:,}.")
        stream.seek(0)
        if file.sha256 and hashlib.file_digest(stream, "sha256").hexdigest() != file.sha256:
            raise _Damaged(f"{file.name} is altered: its SHA-256 is not {file.sha256[:12]}...")


def _fill(tree: Path, pairs: list[tuple[Path, File]], expected: dict[str, int]) -> None:
    """Check files, unpack them into tree/trainA and so on, and check the pictures."""
    shutil.rmtree(tree, ignore_errors=True)
    for name in COUNTS:
        (tree / name).mkdir(parents=True)
    for path, file in pairs:
        _check(path, file)
        if path.suffix == ".parquet":
            _unpack_parquet(path, tree, expected)
        else:
            _unpack_zip(path, tree)
    if counts(tree) != expected:
        raise UserError(f"it holds {counts(tree)} pictures instead of {expected}.")
    if not all(file.sha256 for _, file in pairs):
        for path in tree.glob("*/*"):
            try:
                with Image.open(path) as picture:
                    picture.load()  # verify() would not look at a JPEG's pixels
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
                name = f"{path.parent.name}/{path.name}"
                raise UserError(f"the picture {name} cannot be decoded.") from None


def _unpack_zip(path: Path, tree: Path) -> None:
    """Pictures of .../trainA/x.jpg or .../train/A/x.jpg to tree/trainA/x.jpg, and so on."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            for entry in entries:  # all of them before anything is written
                parts = re.split(r"[/\\]", entry.filename)
                link = stat.S_ISLNK(entry.external_attr >> 16)
                if link or parts[0] == "" or ".." in parts or re.match("[A-Za-z]:", parts[0]):
                    raise UserError(f"{path.name} is not safe: it holds {entry.filename!r}.")
            if (total := sum(entry.file_size for entry in entries)) > LIMIT:
                raise UserError(f"{path.name} is not safe: it unpacks to {total:,} bytes.")
            for entry in entries:
                hidden = re.search(r"(^|/)(\.[^/]|__MACOSX/)", entry.filename)
                match = re.search(r"(?:^|/)(train|test)/?([AB])/([^/\\]+)$", entry.filename)
                if match and not hidden and Path(match[3]).suffix.lower() in SUFFIXES:
                    target = tree / (match[1] + match[2]) / match[3]
                    with archive.open(entry) as source, open(target, "wb") as out:
                        shutil.copyfileobj(source, out)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise _Damaged(f"{path.name} is not a whole zip file ({error}).") from None


def _unpack_parquet(path: Path, tree: Path, expected: dict[str, int]) -> None:
    """Pairs (imageA, imageB) of train.parquet to tree/trainA and trainB, of test.parquet likewise.

    The smaller domain is filled up with nothing or with its own pictures again: left out here.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as table:
            for letter in "AB":
                folder, done, kept = path.stem + letter, 0, set()
                for batch in table.iter_batches(64, columns=[f"image{letter}"]):
                    for picture in batch.column(0).to_pylist():
                        data = picture["bytes"] if picture else b""
                        if data and not (done >= expected[folder] and data in kept):
                            (tree / folder / f"{done:04}.jpg").write_bytes(data)
                            done += 1
                            kept.add(data)
    except (pyarrow.ArrowException, LookupError, TypeError) as error:
        raise _Damaged(f"{path.name} is not the expected parquet file ({error}).") from None
