"""What makes the stored data and the pages: from the repository's root, python -m tools.NAME.

Nothing in `helpers` needs it.
"""

import argparse
import sys
from collections.abc import Callable

from helpers.settings import UserError


class Parser(argparse.ArgumentParser):
    """Of a tool's arguments: --help shows its docstring, a mistake ends it with one sentence."""

    def __init__(self, module: str, doc: str):
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(f"python -m {module}", description=doc, formatter_class=shape)

    def error(self, message: str):
        self.exit(2, f"Error: {message}; `{self.prog} --help` says what there is.\n")


def start(main: Callable[[], None]) -> None:
    """Calls a tool's main; a UserError ends it with its one sentence, in place of a traceback."""
    try:
        main()
    except UserError as error:
        sys.exit(f"Error: {error}")
