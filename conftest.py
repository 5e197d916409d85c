"""For all tests, notebooks included."""

# Before a notebook's kernel starts: fills matplotlib's cache, and where the home directory cannot
# be written names another in MPLCONFIGDIR. The kernel would tell of either on stderr.
import matplotlib.font_manager  # noqa: F401
