"""What makes the stored data and the pages: from the repository's root, python -m tools.NAME.

Nothing in `helpers` needs it.
"""

import argparse


class Parser(argparse.ArgumentParser):
    """Of a tool's arguments: --help shows its docstring, a mistake ends it with one sentence."""

    def __init__(self, module: str, doc: str):
        shape = argparse.RawDescriptionHelpFormatter
        super().__init__(f"python -m {module}", description=doc, formatter_class=shape)

    def error(self, message: str):
        self.exit(2, f"Error: {message}; `{self.prog} --help` says what there is.\n")
