"""Wrong answers to the turns of notebook 04, and words of what `check` says to them."""

SIX = """def generator_losses(nets, x, y):
    fake_b, fake_a = nets.G_AB(x), nets.G_BA(y)
    losses = {
        "adv_ab": adversarial_loss(nets.D_B(fake_b)),
        "adv_ba": adversarial_loss(nets.D_A(fake_a)),
        "cycle_a": cycle_loss(x, nets.G_BA(fake_b)),
        "cycle_b": cycle_loss(y, nets.G_AB(fake_a)),
        "identity_a": identity_loss(x, nets.G_BA(x)),
        "identity_b": identity_loss(y, nets.G_AB(y)),
    }
    return losses, fake_a, fake_b
"""
TWO = """def discriminator_losses(nets, x, y, fake_a, fake_b):
    return {
        "d_a": discriminator_loss(nets.D_A(x), nets.D_A(fake_a)),
        "d_b": discriminator_loss(nets.D_B(y), nets.D_B(fake_b)),
    }
"""

WRONG = {
    "4.1": [
        ("half of the sum", "answer = 1.55, 0.4"),
        ("the half cancel", "answer = 0.775, 0.8"),
    ],
    "4.2": [
        ("no half", "answer = 0.485, 0.2"),
        ("the sign is turned", "answer = 0.97, -0.2"),
    ],
    "4.3": [
        ("starts at y", "answer = 0.2, -0.6, -0.25"),
        ("give 3 numbers, not 2", "answer = 0.15, -0.45"),
    ],
    "4.4": [
        ("hand it the zebra", "answer = 0.25, -0.5"),
        ("give 2 numbers", "answer = 0.1875"),
    ],
    "4.5": [
        ("not everybody learns", SIX.replace("nets.G_BA(fake_b)", "nets.G_BA(fake_b.detach())")),
        ("the fakes are exchanged", SIX.replace("s, fake_a, fake_b", "s, fake_b, fake_a")),
    ],
    "4.6": [
        ("d_b is missing", TWO.replace('"d_b"', '"d_B"')),
        ("d_a is", TWO.replace("nets.D_A(x)", "nets.D_A(y)")),
    ],
    "4.7": [
        ("a tuple of names", 'without = "cycle_a"'),
        ("there is no loss 'cycle'", 'without = ("cycle",)'),
    ],
}  # fmt: skip
