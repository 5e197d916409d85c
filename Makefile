# make run   set up .venv, execute the series on drawn animals, leave build/html/index.html
# make book  the same pages from the outputs that the notebooks store, in seconds
# make test  set up .venv, run every test, notebooks included
# make lab   open a copy of the series, in my-notebooks, in JupyterLab
# make publish REPO=owner/name TAG=v1.0   write this address into badges, set-up cells, ...
PYTHON ?= python3
PY := .venv/bin/python
FITS := import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
WORKS := import sys, pip; assert sys.prefix != sys.base_prefix; $(FITS)

.PHONY: run book test test-browser test-colab lab publish setup clean

run: setup
	$(PY) -m tools.book build/html --run

book: setup
	$(PY) -m tools.book build/html

# One thread each: two processes with two threads each, on two cores, would wait for one another.
test: export OMP_NUM_THREADS = 1
test: setup
	$(PY) -m ruff check .
	$(PY) -m pytest tests -n 2 --dist loadfile
	rm -rf runs/notebook-smoke
	CYCLEGAN_PRESET=smoke $(PY) -m pytest -p no:cacheprovider --nbval notebooks --nbval-current-env \
	  --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout=300 -n 2 --dist loadscope

# The book's pages, and each notebook in JupyterLab, as people see them. Needs Chromium.
test-browser: export OMP_NUM_THREADS = 1
test-browser: setup
	$(PY) -m pytest tests/browser -n 2 --dist load

# The versions that Colab has, and a stand-in for its package. The book is not built there.
COLAB_PYTHON ?= $(shell python3.13 -c 'print("python3.13")' 2>/dev/null || echo $(PYTHON))
COLAB := .venv-colab/bin/python
test-colab: export OMP_NUM_THREADS = 1
test-colab: .venv-colab/installed
	$(COLAB) -m pytest tests -n 2 --dist loadfile --ignore tests/test_book.py
	rm -rf runs/notebook-smoke
	CYCLEGAN_PRESET=smoke PYTHONPATH="$(CURDIR)/tests/colab" $(COLAB) -m pytest -p no:cacheprovider \
	  --nbval notebooks --nbval-current-env --nbval-sanitize-with tests/colab/nbval_sanitize.cfg \
	  --nbval-cell-timeout=300 -n 2 --dist loadscope

.venv-colab/installed: tests/colab/requirements.txt
	$(COLAB_PYTHON) -m venv --clear .venv-colab
	$(COLAB) -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

# Readers work on copies, which git ignores: their answers and autosave leave notebooks/ as it is.
# The root is the repository; pictures of up to 100 MB can be uploaded (Jupyter's own limit is 10).
lab: setup
	$(PY) -m tools.lab
	$(PY) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" my-notebooks/00_start_here.ipynb \
	  --ServerApp.tornado_settings='{"websocket_max_message_size": 104857600}'

publish: setup
	$(PY) -m tools.publish $(REPO) $(TAG)

setup: .venv/installed

# A .venv that works is updated; one that is missing, half-made or of another Python is made anew.
.venv/installed: requirements.txt
	@$(PY) -c '$(WORKS)' 2>/dev/null || $(PYTHON) -c '$(FITS)' 2>/dev/null || { echo \
	  "The course needs Python 3.11, 3.12 or 3.13 with its module venv (on Debian and Ubuntu: apt" \
	  "install python3-venv), which $(PYTHON) is not ($$($(PYTHON) --version 2>&1 || true)):" \
	  "make PYTHON=python3.13 names another one." >&2; exit 2; }
	@$(PY) -c '$(WORKS)' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

clean:
	rm -rf build .venv .venv-colab
