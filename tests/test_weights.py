"""Files of weights, and the authors' published generators."""

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from helpers import weights
from helpers.networks import Generator
from helpers.weights import from_authors, load_authors, load_generator, save_weights


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_a_generator_comes_back(tmp_path, dtype):
    net = Generator(8, 2, "resize")
    save_weights(tmp_path / "a2b.safetensors", net, dtype, size=64)
    back, config = load_generator(tmp_path / "a2b.safetensors")
    assert config == {"width": 8, "blocks": 2, "upsample": "resize", "size": 64}
    for name, tensor in net.state_dict().items():
        assert torch.equal(back.state_dict()[name], tensor.to(dtype).float())


def test_what_holds_no_weights_is_one_sentence(tmp_path):
    (tmp_path / "y").write_bytes(b"text")
    save_file({"a": torch.zeros(1)}, tmp_path / "z")
    for name, words in (("x", "no weights"), ("y", "not a weights file"), ("z", "of this course")):
        with pytest.raises(ValueError, match=words):
            load_generator(tmp_path / name)


class Block(nn.Module):
    """A residual block as the authors name its parts."""

    def __init__(self, norm):
        super().__init__()
        pad = nn.ReflectionPad2d
        self.conv_block = nn.Sequential(
            pad(1), nn.Conv2d(256, 256, 3), norm(256), nn.ReLU(),
            pad(1), nn.Conv2d(256, 256, 3), norm(256),
        )  # fmt: skip

    def forward(self, x):
        return x + self.conv_block(x)


def authors_network(running_statistics):
    """Written from the paper's appendix 7.2, independently of helpers.networks; keys model.1 ..."""

    def norm(channels):
        return nn.InstanceNorm2d(channels, track_running_stats=running_statistics)

    def down(a, b):
        return [nn.Conv2d(a, b, 3, 2, 1), norm(b), nn.ReLU()]

    def up(a, b):
        return [nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1), norm(b), nn.ReLU()]

    net = nn.Module()
    net.model = nn.Sequential(
        nn.ReflectionPad2d(3), nn.Conv2d(3, 64, 7), norm(64), nn.ReLU(),
        *down(64, 128), *down(128, 256), *[Block(norm) for _ in range(9)],
        *up(256, 128), *up(128, 64), nn.ReflectionPad2d(3), nn.Conv2d(64, 3, 7), nn.Tanh(),
    )  # fmt: skip
    return net


@pytest.mark.parametrize("running_statistics", [False, True])
def test_the_authors_weights_give_the_authors_outputs(running_statistics):
    theirs = authors_network(running_statistics)
    state = theirs.state_dict()
    assert {"model.1.weight", "model.10.conv_block.5.bias", "model.26.bias"} <= state.keys()
    ours = from_authors(state)
    x = torch.rand(1, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        assert torch.equal(ours(x), theirs.model(x))  # in training, norms use the image's own


def test_the_authors_download_is_cached_and_offline_is_one_sentence(tmp_path, monkeypatch):
    torch.save(authors_network(False).state_dict(), tmp_path / "style_monet.pth")
    net, config = load_authors("style_monet", tmp_path)  # as if downloaded before
    assert config == {"size": 256} and not net.training
    monkeypatch.setattr(weights, "AUTHORS", "http://127.0.0.1:9/")
    with pytest.raises(ValueError, match="could not be had .* go on without it"):
        load_authors("horse2zebra", tmp_path)
