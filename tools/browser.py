"""The page of the book on which a generator runs in the browser: what it loads, as script files.

The runtime comes from npm, the generators are exported from the weights in data/pretrained. Both
are kept in build/browser, so that the next build needs neither network nor PyTorch.
"""

import base64
import gzip
import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
import warnings
from pathlib import Path

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "build/browser"
PAGE, MARK = "docs/browser.md", "<!-- translator -->"
VERSION = "1.30.0"
# What the registry says of this version: another file under its name is not taken.
SHA512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
WEIGHTS = {
    "drawings": ROOT / "data/pretrained/toy/horse2zebra.safetensors",
    "photographs": ROOT / "data/pretrained/horse2zebra/horse2zebra.safetensors",
}
PHOTOGRAPH = ROOT / "data/photographs/nokota_horses.jpg"
MISSING = (
    "*The generators are missing from this copy of the book: it was built without npm, a network "
    "or PyTorch. `make book` on a machine that has them puts them here.*"
)
HTML = """```{raw} html
<div id="translator"></div>
<script src="ort.js"></script><script src="files.js"></script><script src="browser.js"></script>
```"""


def packed(data: bytes) -> str:
    """Bytes as the page unpacks them: gzip, in base64."""
    return base64.b64encode(gzip.compress(data, mtime=0)).decode()


def runtime(folder: Path) -> dict[str, str]:
    """Writes onnxruntime-web's own script to `folder`; returns what that loads.

    Raises OSError or subprocess.SubprocessError where npm or the network is missing.
    """
    npm = shutil.which("npm")
    if not npm:
        raise OSError("there is no npm")
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([npm, "pack", f"onnxruntime-web@{VERSION}"], cwd=scratch, check=True,
                       capture_output=True, timeout=300)  # fmt: skip
        [archive] = Path(scratch).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            raise OSError(f"{archive.name} is not the file that it should be")
        with tarfile.open(archive) as tar:
            names = ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
            ort, loader, wasm = (tar.extractfile(f"package/dist/{n}").read() for n in names)
    # Its map of lines is not there, so no browser's tools shall look for it.
    (folder / "ort.js").write_bytes(ort.split(b"\n//# sourceMappingURL")[0])
    return {"script": packed(loader), "wasm": packed(wasm)}


def exported(weights: Path) -> tuple[bytes, int]:
    """A generator as ONNX, for images of any size, and the size that it was trained at.

    Raises ImportError where PyTorch or what it exports with is missing.
    """
    import onnxscript  # noqa: F401 (without it the export stops later, with another error)
    import torch

    from helpers.weights import load_generator

    net, config = load_generator(weights)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(scratch) / "generator.onnx"
        torch.onnx.export(
            net, (torch.zeros(1, 3, 66, 90),), path, input_names=["x"], output_names=["y"],
            dynamic_shapes=({2: "height", 3: "width"},), external_data=False, verbose=False,
        )  # fmt: skip
        return path.read_bytes(), config["size"]


def examples() -> list[dict[str, str]]:
    """Four drawn horses and a photograph, as addresses that hold the image itself."""
    from PIL import Image

    from helpers.data import drawings

    def example(title: str, kind: str, data: bytes) -> dict[str, str]:
        address = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        name = {"png": "drawings", "jpeg": "photographs"}[kind]
        return {"title": title, "name": name, "picture": address}

    examples = []
    for k, image in enumerate(drawings.drawings("horse", 4, 64, seed=3)[0], 1):
        file = io.BytesIO()
        Image.fromarray(image.transpose(1, 2, 0)).save(file, "png")
        examples.append(example(f"drawn horse {k}", "png", file.getvalue()))
    return [*examples, example("photograph", "jpeg", PHOTOGRAPH.read_bytes())]


def scripts() -> list[Path]:
    """The two files that are made for the page; kept in build/browser under what they depend on."""
    made_of = [Path(__file__).read_bytes(), *(path.read_bytes() for path in WEIGHTS.values())]
    folder = KEPT / hashlib.sha256(b"".join(made_of)).hexdigest()[:12]
    if not folder.is_dir():
        KEPT.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT) as scratch:
            work = Path(scratch) / "work"
            work.mkdir()
            files, sizes = runtime(work), {}
            for name, path in WEIGHTS.items():
                graph, sizes[name] = exported(path)
                files[name] = packed(graph)
            values = {"FILES": files, "SIZES": sizes, "EXAMPLES": examples()}
            lines = (f"const {key} = {json.dumps(value)};\n" for key, value in values.items())
            (work / "files.js").write_text("".join(lines))
            if not folder.is_dir():  # another build may have been faster
                work.rename(folder)
    return [folder / "ort.js", folder / "files.js"]


def prepare(staged: Path) -> list[Path]:
    """Puts the translator, or the sentence about its absence, into the staged page.

    Returns the files that have to lie beside the page; none where there is no translator.
    """
    page = staged / PAGE
    if not page.is_file():
        return []
    try:
        files, text = [*scripts(), ROOT / "docs/browser.js"], HTML
    except (OSError, subprocess.SubprocessError, ImportError) as error:
        print(f"The page with the generators goes without them: {error}.")
        files, text = [], MISSING
    page.write_text(page.read_text("utf-8").replace(MARK, text), encoding="utf-8")
    return files
