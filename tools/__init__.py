"""What makes the stored data and the pages: from the repository's root, python -m tools.NAME.

Nothing in `helpers`, and no notebook, imports it.
"""
