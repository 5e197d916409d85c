"""The hundred lines: the notebook's cells as one file that runs alone, and a reference step."""

import json
import subprocess
import sys
from pathlib import Path

import torch

from exercises.nb05 import FILE, batches, lines
from tests.test_notebooks import SOLUTION

NOTEBOOK = Path(__file__).parents[1] / "notebooks/05_training.ipynb"


def solved_cells() -> list[str]:
    """The cells that make up the file, turns by their solutions."""
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells]
    tagged = [i for i, c in enumerate(cells) if "hundred" in c["metadata"].get("tags", [])]
    return [
        SOLUTION.search(texts[i + 1])[1] if "your turn" in texts[i] else texts[i] for i in tagged
    ]


def filled(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_the_file_is_the_solved_cells_in_at_most_a_hundred_lines():
    text = FILE.read_text("utf-8")
    between = text[text.index("def pairs") : text.index("if __name__")]
    assert filled("\n".join(solved_cells())) == filled(between)
    assert len(filled(text)) <= 100


def test_three_steps_equal_a_reference_written_without_the_course():
    """One direction after the other, with torch.autograd.grad and Adam by hand, in float64."""
    nets = lines.Networks(*(net.double() for net in lines.networks(4, 1, 4)))
    G_AB, G_BA, D_A, D_B = twins = lines.Networks(
        *(net.double() for net in lines.networks(4, 1, 4))
    )
    data, rate = batches()[:3], 1e-3
    pools = lines.ImagePool(50, 0), lines.ImagePool(50, 1)
    curves = lines.train(nets, lines.optimizers(nets), pools, data.__getitem__, 3, rate=rate)
    moments = {}

    def adam(loss, sides, step):
        weights = [p for net in sides for p in net.parameters()]
        for p, g in zip(weights, torch.autograd.grad(loss, weights)):
            m, v = moments.get(p, (0.0, 0.0))
            m, v = 0.5 * m + 0.5 * g, 0.999 * v + 0.001 * g * g
            moments[p] = m, v
            hat_m, hat_v = m / (1 - 0.5 ** (step + 1)), v / (1 - 0.999 ** (step + 1))
            factor = min(1, (3 - step) / 1.5)
            p.data -= rate * factor * hat_m / (hat_v.sqrt() + 1e-8)

    for step, (x, y) in enumerate(data):
        fake_b, fake_a = G_AB(x), G_BA(y)
        adv_ab, adv_ba = ((D_B(fake_b) - 1) ** 2).mean(), ((D_A(fake_a) - 1) ** 2).mean()
        cycle_a, cycle_b = (G_BA(fake_b) - x).abs().mean(), (G_AB(fake_a) - y).abs().mean()
        identity_a, identity_b = (G_BA(x) - x).abs().mean(), (G_AB(y) - y).abs().mean()
        adam(adv_ab + adv_ba + 10 * (cycle_a + cycle_b + identity_a + identity_b), twins[:2], step)
        d_a = (((D_A(x) - 1) ** 2).mean() + (D_A(fake_a.detach()) ** 2).mean()) / 2
        d_b = (((D_B(y) - 1) ** 2).mean() + (D_B(fake_b.detach()) ** 2).mean()) / 2
        adam(d_a + d_b, twins[2:], step)
        found = torch.tensor(list(curves[step].values()))
        expected = [adv_ab, adv_ba, cycle_a, cycle_b, identity_a, identity_b, d_a, d_b]
        torch.testing.assert_close(found, torch.stack(expected).float(), rtol=1e-6, atol=0)


def test_the_file_runs_alone_from_another_folder(tmp_path):
    text = FILE.read_text("utf-8")
    short = text.replace("pairs, 600", "pairs, 2").replace("(300, 72)", "(4, 72)")
    assert short.count("pairs, 2") == short.count("(4, 72)") == 1
    copy = FILE.with_name("cyclegan_test.py")  # the course is found from where the file lies
    copy.write_text(short, "utf-8")
    try:
        done = subprocess.run(
            [sys.executable, copy], cwd=tmp_path, capture_output=True, text=True, timeout=120
        )
    finally:
        copy.unlink()
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "hundred.png").stat().st_size > 10_000
