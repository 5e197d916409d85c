"""For all tests, notebooks included."""

# Fills matplotlib's cache before a notebook's kernel starts, which would tell of it on stderr.
import matplotlib.font_manager  # noqa: F401
