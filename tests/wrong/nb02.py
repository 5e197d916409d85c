"""Wrong answers to the turns of notebook 02, and words of what `check` says to each."""

ENCODER = """
def encoder(width):
    return nn.Sequential(
        conv_norm_relu(3, width, 7, padding=3, padding_mode={mode}),
        conv_norm_relu(width, 2 * width, 3, stride={stride}, padding=1),
        conv_norm_relu(2 * width, 4 * width, 3, stride=2, padding=1),
    )
"""
BLOCK = """
class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        same = dict(padding=1, padding_mode="reflect")
        self.f = nn.Sequential(
            *conv_norm_relu(channels, channels, 3, **same),
            nn.Conv2d(channels, channels, 3, **same),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, h):
        {forward}
"""
DECODER = """
def decoder(width, kind):
    return nn.Sequential(
        upsampling(4 * width, 2 * width, kind),
        upsampling(2 * width, width, kind),
        {last},
    )
"""
GENERATOR = """
class Generator(nn.Module):
    def __init__(self, width=64, blocks=9, kind="transposed"):
        super().__init__()
        self.encoder = encoder(width)
        self.transformation = nn.Sequential(*[ResidualBlock(4 * width) for _ in range(blocks)])
        self.decoder = decoder(width, kind)

    def forward(self, x):
        {forward}
"""
FIT = """
def fit(net, x, y, steps):
    adam = torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999))
    losses = []
    for step in range(steps):
        k = torch.arange(2 * step, 2 * step + 2) % len(x)
        loss = (net(x[k]) - y[k]).abs().mean()
        {zero}
        loss.backward()
        {step}
        losses.append(loss.item())
    return losses
"""
SECOND = """
class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        same = dict(padding=1, padding_mode="reflect")
        first = conv_norm_relu(channels, channels, 3, **same)
        second = conv_norm_relu(channels, channels, 3, **same)
        self.f = nn.Sequential({f})

    def forward(self, h):
        return h + self.f(h)
"""
LAST = 'nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect")'

WRONG = {
    "2.1": [
        ("the shape is", ENCODER.format(mode='"reflect"', stride=1)),
        ("Only the first unit reflects", ENCODER.format(mode='"zeros"', stride=2)),
    ],
    "2.2": [
        ("the branch alone", BLOCK.format(forward="return self.f(h)")),
        ("leave the ReLU out", BLOCK.format(forward="return (h + self.f(h)).relu()")),
    ],
    "2.3": [
        ("is the tanh missing", DECODER.format(last=LAST)),
        ("reflected", DECODER.format(last=f"{LAST.replace('reflect', 'zeros')}, nn.Tanh()")),
    ],
    "2.4": [
        ("the shape is", GENERATOR.format(forward="return self.encoder(x)")),
        ("each once", GENERATOR.format(forward="return self.decoder(self.encoder(x))")),
    ],
    "2.5": [
        ("gradients set to zero", FIT.format(zero="pass", step="adam.step()")),
        ("adam.step() missing", FIT.format(zero="adam.zero_grad()", step="pass")),
    ],
    "2.6": [
        ("never negative", SECOND.format(f="*first, *second")),
        ("the norm stays", SECOND.format(f="*first, second[0]")),
    ],
    "2.7": [
        ("yours should be the least", "taught = copy.deepcopy(G_AB)"),
        ("the network itself", "taught = [0.1]"),
    ],
}
