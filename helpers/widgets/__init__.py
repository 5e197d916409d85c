"""Interactive figures, one module each. They need ipywidgets 7.7 or newer; nothing else does."""
