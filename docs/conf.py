"""Settings of the book (Sphinx). `make book` stages the pages and calls it: see tools/book.py."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tools import book, publish  # noqa: E402

repository, tag = publish.recorded()

project = html_title = "CycleGAN, from horses to zebras"
copyright = "the authors of the course. Code: MIT licence. Texts and figures: CC BY 4.0"
language = "en"
extensions = ["myst_nb", "sphinx.ext.githubpages"]
exclude_patterns = ["README.md"]  # it is index.md
suppress_warnings = ["toc.not_included"]  # a page that only another page links to

nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}  # widgets are pictures here: nothing is loaded for them
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
html_math_renderer = "mathml"

html_theme = "sphinx_book_theme"
html_static_path = ["static", "lab"]  # the CycleGAN Lab runs from _static
html_css_files = ["course.css"]
html_js_files = [
    "sliders.js",  # pictures in several states
    # From disk no page can read another, so what is found is listed there without an excerpt.
    (None, {"body": "DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = location.protocol != 'file:'"}),
]
html_context = {"default_mode": "auto"}
html_use_index = False
html_show_sphinx = False
html_theme_options = {
    "show_toc_level": 2,
    "footer_content_items": ["copyright"],
    "navbar_persistent": [],  # the search stands in the side bar
    "search_bar_text": "Search the course",
}
if repository != publish.PLACEHOLDER:  # buttons lead somewhere, or are not there
    html_theme_options |= {
        "repository_url": f"https://github.com/{repository}",
        "repository_branch": tag,
        "use_repository_button": True,
        "launch_buttons": {"colab_url": "https://colab.research.google.com"},
    }


def setup(app):
    app.connect("source-read", book.source_read)
    app.add_html_math_renderer("mathml", (book.mathml, None), (book.mathml, None))
