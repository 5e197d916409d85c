"""Checks of notebook 07."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from exercises import Wrong, close, turn, value


def course_progress(source, output, truth):
    return 1 - (output - truth).abs().mean() / (source - truth).abs().mean()


@turn("7.1", solution=course_progress)
def progress(answer):
    source, truth = torch.zeros(2, 3, 4, 4), torch.full((2, 3, 4, 4), 0.8)
    truth[:, :, 0] = 0.0  # where nothing should change
    if abs(float(value(answer(source, truth, truth)))) < 1e-6:
        raise Wrong("the truth itself gets 0: subtract the quotient from 1.")
    output = truth - 0.15
    output[1] = truth[1] + 0.15  # as far on the other side of the truth
    found = torch.as_tensor(answer(source, output, truth)).float()
    if not found.isfinite():
        raise Wrong("you divide pixel by pixel, and some should not change: divide the two means.")
    close(found, 0.75, "take the mean of each absolute difference, then divide: no squares here.")
    return "Doing nothing is 0, the truth is 1, and worse than nothing is negative."


def course_split(paths):
    paths = sorted(paths)
    test, choose = paths[::10], paths[5::10]
    return [p for p in paths if p not in test + choose], choose, test


@turn("7.2", solution=course_split)
def split(answer):
    names = [f"{k:03}.jpg" for k in range(40)]
    shuffled = [names[k] for k in np.random.default_rng(0).permutation(40)]
    heaps = [[*heap] for heap in value(answer(shuffled))]
    if len(heaps) != 3:
        raise Wrong(f"{len(heaps)} heaps, expected three: train, choose, test.")
    train, choose, test = heaps
    if {*train} & {*test} or {*train} & {*choose} or {*choose} & {*test}:
        raise Wrong("a picture lies in two heaps: what you train on, you cannot test on.")
    if len(train + choose + test) != 40:
        raise Wrong(f"{len(train + choose + test)} of 40 pictures lie in a heap, expected all.")
    if [sorted(heap) for heap in answer(names)] != [sorted(heap) for heap in heaps]:
        raise Wrong("another order of the same files makes another split: sort the paths first.")
    if [sorted(heap) for heap in heaps] != [[*heap] for heap in course_split(names)]:
        raise Wrong(f"of 40 the tests are {sorted(test)}, expected 000, 010, 020, 030; to choose "
                    f"by are {sorted(choose)}, expected 005, 015, 025, 035.")  # fmt: skip
    return "Of 40 pictures, 32 train, 4 choose and 4 test, today and tomorrow."


class Double(nn.Module):
    """Stands for a generator."""

    def forward(self, x):
        self.shape = tuple(x.shape)
        return 2 * x


class Exported:
    """Stands for a session: 2 x, but lower in one pixel."""

    def run(self, names, given):
        found = 2 * given["x"]
        found[0, 0, 0, 0] += self.error
        return [found]


def course_difference(net, session, height, width):
    x = 2 * torch.rand(1, 3, height, width) - 1
    with torch.no_grad():
        theirs = session.run(None, {"x": x.numpy()})[0]
        return (net(x) - torch.from_numpy(theirs)).abs().max().item()


@turn("7.3", solution=course_difference)
def largest_difference(answer):
    net, session = Double(), Exported()
    for session.error in (0.5, -0.5):
        found = float(value(answer(net, session, 18, 31)))
        if net.shape != (1, 3, 18, 31):
            raise Wrong(f"the network saw {net.shape}, expected (1, 3, 18, 31).")
        if found < 0.1:
            raise Wrong(
                "one pixel is off by 0.5, and yours hardly notices: take the largest absolute "
                "difference, neither a mean nor one without its sign."
            )
        close(found, 0.5, f"one pixel is off by 0.5, and yours says {found:.3f}.", 1e-3)
    return "One bad pixel is enough to be noticed."


def course_nce(queries, keys, temperature=0.07):
    q, k = F.normalize(queries, dim=1), F.normalize(keys.detach(), dim=1)
    logits = q @ k.T / temperature
    return F.cross_entropy(logits, torch.arange(len(q), device=q.device))


@turn("7.4", solution=course_nce)
def patch_nce(answer):
    chance = torch.Generator().manual_seed(0)
    keys = torch.randn(6, 4, generator=chance, requires_grad=True)
    queries = (3 * keys.detach() + torch.randn(6, 4, generator=chance)).requires_grad_()
    q, k, own = F.normalize(queries, dim=1), F.normalize(keys, dim=1), torch.arange(6)
    mistakes = {
        "the rows are not of length 1: F.normalize(..., dim=1).": (queries @ keys.T / 0.5, own),
        "you multiply by the temperature: divide by it.": (q @ k.T * 0.5, own),
        "the temperature has no effect: divide by it.": (q @ k.T, own),
        "a row of the logits must belong to a query: q @ k.T.": (k @ q.T / 0.5, own),
        "cross_entropy has its own softmax: give it the logits.": ((q @ k.T / 0.5).softmax(1), own),
    }
    loss = value(answer(queries, keys, 0.5))
    if not loss.requires_grad:
        raise Wrong("nothing can learn from it: detach the keys only.")
    for hint, (logits, classes) in mistakes.items():
        if loss.shape == () and torch.isclose(loss, F.cross_entropy(logits, classes), rtol=1e-4):
            raise Wrong(hint)
    right = course_nce(queries, keys, 0.5).item()
    close(loss, right, f"for six places it is {right:.3f}: query i belongs to key i.")
    grads = torch.autograd.grad(loss, [queries, keys], allow_unused=True, materialize_grads=True)
    if grads[1].any():
        raise Wrong("the number is right, but a gradient reaches the keys: detach them.")
    if not grads[0].any():
        raise Wrong("the number is right, but no gradient reaches the queries.")
    return "Which place of the input does this place of the output show?"


def course_any_size(net, x):
    height, width = x.shape[-2:]
    x = F.pad(x, (0, -width % 4, 0, -height % 4), mode="reflect")
    return net(x)[..., :height, :width]


@turn("7.5", solution=course_any_size)
def any_size(answer):
    for height, width in ((8, 8), (9, 14), (14, 9), (10, 10)):
        net, x = Double(), torch.rand(2, 3, height, width)
        out, saw = answer(net, x), net.shape[-2:]
        expected = (height + -height % 4, width + -width % 4)
        if saw != expected:
            raise Wrong(f"{height} x {width} reaches the network as {saw[0]} x {saw[1]}, "
                        f"expected {expected[0]} x {expected[1]}.")  # fmt: skip
        close(out, 2 * x, f"{height} x {width} does not come back as it went in: crop.")
    seen, x = [], torch.rand(1, 3, 10, 9)
    answer(lambda x: seen.append(x) or x, x)
    if not torch.equal(seen[0], F.pad(x, (0, 3, 0, 2), mode="reflect")):
        raise Wrong('the edge is not the reflected picture, grey perhaps: mode="reflect".')
    return "Nothing where it fits, at most three rows and columns where it does not."
