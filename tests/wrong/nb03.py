"""Wrong answers to the turns of notebook 03, and words of what `check` says to each."""

PATCHGAN = """
class PatchGAN(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            *unit(width, 2 * width, stride=2),
            *unit(2 * width, 4 * width, stride=2),
            *unit(4 * width, 8 * width, stride={stride}),
            nn.Conv2d(8 * width, 1, 4, stride=1, padding=1){end},
        )
        self.apply(init_weights)

    def forward(self, x):
        return self.layers(x)
"""
FIELD = """
def field(layers):
    r = 1
    for k, s in {order}:
        r = {rule}
    return r
"""
INFLUENCE = """
def influence(net, image, row, column):
    image = image.clone().requires_grad_()
    net(image){score}.backward()
    return image.grad{absolute}.sum((0, 1))
"""
TRAIN = """
def train_discriminator(reals, fakes, steps, width=8):
    torch.manual_seed(0)
    D = PatchGAN(width)
    adam = torch.optim.Adam(D.parameters(), lr=1e-3, betas=(0.5, 0.999))
    for step in range(steps):
        k = torch.arange(4 * step, 4 * step + 4) % len(reals)
        adam.zero_grad()
        loss = discriminator_loss({scores})
        loss.backward()
        {step}
    return D.requires_grad_(False)
"""
JUDGES = """
def judges_of(row, column, size=256):
    along = [sum(8 * i - {first} <= p <= 8 * i + {last} for i in range(size // 8 - 2))
             for p in (row, column)]
    return {result}
"""
TWO = """
def two_judges(zebras, translated, horses, steps):
    mixed = translated.clone()
    mixed[::2] = horses[::2]
    return {result}
"""
BOTH = "train_discriminator(zebras, {}, steps), train_discriminator(zebras, {}, steps)"

WRONG = {
    "3.1": [
        ("which layers have stride 1", PATCHGAN.format(stride=2, end="")),
        ("without a sigmoid", PATCHGAN.format(stride=1, end=", nn.Sigmoid()")),
    ],
    "3.2": [
        ("(r - 1) s", FIELD.format(order="reversed(layers)", rule="r * s + k")),
        ("reversed(layers)", FIELD.format(order="layers", rule="(r - 1) * s + k")),
    ],
    "3.3": [
        ("abs()", INFLUENCE.format(score="[0, 0, row, column]", absolute="")),
        ("one score", INFLUENCE.format(score=".sum()", absolute=".abs()")),
    ],
    "3.4": [
        ("reals belong at 1", TRAIN.format(scores="D(fakes[k]), D(reals[k])", step="adam.step()")),
        ("not one weight", TRAIN.format(scores="D(reals[k]), D(fakes[k])", step="pass")),
    ],
    "3.5": [
        ("multiply", JUDGES.format(first=23, last=46, result="along[0] + along[1]")),
        ("before the picture", JUDGES.format(first=0, last=69, result="along[0] * along[1]")),
    ],
    "3.6": [
        ("first judge has seen", TWO.format(result=BOTH.format("mixed", "mixed"))),
        ("met no horse", TWO.format(result=BOTH.format("translated", "translated"))),
    ],
}
