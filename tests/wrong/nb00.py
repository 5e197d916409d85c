WRONG = {
    "0.1": [
        ("the horses themselves", "fake = x"),
        ("G_BA reads zebras", "fake = G_BA(x)"),
    ],
    "0.2": [
        ("starts at the fakes", "back = G_BA(x)"),
        ("G_AB makes zebras", "back = G_AB(fake)"),
    ],
    "0.3": [
        ("still apart", "def difference(first, second):\n    return (first - second).abs()"),
        ("cancel", "def difference(first, second):\n    return (first - second).mean(1).abs()"),
    ],
    "0.4": [
        ("only the true zebra", 'def harder(scene):\n    return replace(scene, zebra_coat="fine")'),
        ("a quarter more", "def harder(scene):\n    return replace(scene, facing=-scene.facing)"),
    ],
    "0.5": [
        ("Who reads zebras", """def zebra_cycle(y, G_AB, G_BA):
    fake = G_AB(y)
    return fake, G_BA(fake)"""),
        ("is G_AB's", """def zebra_cycle(y, G_AB, G_BA):
    fake = G_BA(y)
    return fake, G_BA(fake)"""),
    ],
}  # fmt: skip
