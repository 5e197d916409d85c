"""Python reads this at its start where the folder is in PYTHONPATH: a kernel on Colab has the
package loaded before the first cell runs."""

import google.colab  # noqa: F401
