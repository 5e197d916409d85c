"""Wrong answers to the turns of notebook 06, and words of what `check` says to them."""

FRECHET = """
def frechet(p, q):
    s_p, s_q = torch.cov(p.T), torch.cov(q.T)
    centres = {centres}
    root = torch.linalg.eigvals(s_p @ s_q).real.clamp(min=0).sqrt().sum()
    return (centres + s_p.trace() + s_q.trace() - {times} * root).item()
"""
CENTRES = "(p.mean(0) - q.mean(0)).square().sum()"
KID = """
def kid(p, q):
    def k(u, v):
        return (u @ v.T / u.shape[1] + 1) ** 3

    def within(u):
        n = len(u)
        return {within}

    return (within(p) + within(q) - {times} * k(p, q).mean()).item()
"""
WITHIN = "(k(u, u).sum() - k(u, u).trace()) / (n * (n - 1))"
INTERVAL = """
def interval(numbers, level=0.95, draws=2000):
    rng, n = np.random.default_rng(0), len(numbers)
    means = [rng.{draw}.mean() for _ in range(draws)]
    return np.quantile({what}, [{cut}, 1 - ({cut})])
"""
VERDICT = """
def verdict(differences, least):
    mean, n = differences.mean(), len(differences)
    error = differences.std(ddof=1) / n**0.5
    if {yes}:
        return "supported"
    if {no}:
        return "not supported"
    return "undecided"
"""
YES = "(differences > 0).all() and mean >= least"
NO = "(differences < 0).all() or (mean < least and error < least / 2)"
CUT = "(1 - level) / 2"
ONCE, DRAW = "permutation(numbers)", "choice(numbers, n)"
REPAINT = "def repaint(horses, coat, mask):\n    return {}\n"
ALARM = "def false_alarm(looks, rng):\n    return bool({})\n"

WRONG = {
    "6.1": [
        ("six different letters", 'answer = "abcde"'),
        ("six different letters", 'answer = ["a", "b"]'),
        ("from a to l", 'answer = "uvwxyz"'),
    ],
    "6.2": [
        ("counts twice", FRECHET.format(centres=CENTRES, times=1)),
        ("centres are missing", FRECHET.format(centres=0.0, times=2)),
        ("centres is squared", FRECHET.format(centres=CENTRES + ".sqrt()", times=2)),
    ],
    "6.3": [
        ("diagonals", KID.format(within="k(u, u).mean()", times=2)),
        ("counts twice", KID.format(within=WITHIN, times=1)),
        ("for heaps of 30 and 20", KID.format(within=WITHIN, times=2).replace("** 3", "** 2")),
    ],
    "6.4": [
        ("with replacement", INTERVAL.format(draw=ONCE, what="means", cut=CUT)),
        ("where the numbers lie", INTERVAL.format(draw=DRAW, what="numbers", cut=CUT)),
        ("use `level`", INTERVAL.format(draw=DRAW, what="means", cut="0.025")),
    ],
    "6.5": [
        ("is an answer", VERDICT.format(yes=YES, no="0 < mean < least and error < least / 2")),
        ("one goes the other way", VERDICT.format(yes="mean >= least", no=NO)),
        ("so small", VERDICT.format(yes=YES, no="(differences < 0).all()")),
    ],
    "6.6": [
        ("turn it round", REPAINT.format("torch.lerp(coat, horses, mask)")),
        ("a mixture", REPAINT.format("torch.where(mask > 0, coat, horses)")),
    ],
    "6.7": [
        ("draw `looks` numbers", ALARM.format("abs(rng.normal()) > 1.96")),
        ("both sides", ALARM.format("(rng.normal(size=looks) > 1.96).any()")),
    ],
}
