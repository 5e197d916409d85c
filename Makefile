# make run   set up .venv, execute the series on drawn animals, leave build/html/index.html
# make test  set up .venv, run every test, notebooks included
#
# make lab      a copy of the series, in my-notebooks, in JupyterLab: yours to change
# make book     the pages of build/html from the outputs that the notebooks store, in seconds
# make student  the notebooks without their solutions, in student, and build/answers.md for you
# make publish REPO=owner/name TAG=v1.0   write the address wherever it belongs
PYTHON ?= python3
PY := .venv/bin/python
FITS := import sys, ensurepip, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
NBVAL := -m pytest -p no:cacheprovider --nbval notebooks --nbval-current-env \
  --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout=300 -n 2 --dist loadscope

.PHONY: run test book lab student publish test-browser test-colab setup clean

run: setup
	$(PY) -m tools.book build/html --run

# One thread each: two processes with two threads each, on two cores, would wait for one another.
test: export OMP_NUM_THREADS = 1
test: setup
	$(PY) -m ruff check .
	$(PY) -m pytest tests -n 2 --dist loadgroup
	rm -rf runs/notebook-smoke
	CYCLEGAN_PRESET=smoke $(PY) $(NBVAL)

book: setup
	$(PY) -m tools.book build/html

# What you have in my-notebooks stays as it is; what is not there yet is copied.
lab: setup
	mkdir -p my-notebooks
	for f in notebooks/*; do [ -e my-$$f ] || cp -R $$f my-$$f; done
	$(PY) -m jupyterlab --ServerApp.root_dir="$(CURDIR)" my-notebooks/00_start_here.ipynb

student: setup
	$(PY) -m tools.student student --answers build/answers.md

publish: setup
	$(PY) -m tools.publish $(REPO) $(TAG)

# The book's pages, and each notebook in JupyterLab, as people see them. Needs Chromium.
test-browser: export OMP_NUM_THREADS = 1
test-browser: setup
	$(PY) -m pytest tests/browser -n 2 --dist load

# The versions that Colab has, and a stand-in for its package. The book is not built there.
COLAB_PYTHON ?= $(shell python3.13 -c 'print("python3.13")' 2>/dev/null || echo $(PYTHON))
COLAB := .venv-colab/bin/python
test-colab: export OMP_NUM_THREADS = 1
test-colab: .venv-colab/installed
	$(COLAB) -m pytest tests -n 2 --dist loadgroup --ignore tests/test_book.py
	rm -rf runs/notebook-smoke
	CYCLEGAN_PRESET=smoke PYTHONPATH="$(CURDIR)/tests/colab" $(COLAB) $(NBVAL)

.venv-colab/installed: tests/colab/requirements.txt
	$(COLAB_PYTHON) -m venv --clear .venv-colab
	$(COLAB) -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

setup: .venv/installed

# A .venv with a working pip is updated; one that is missing or half-made is made anew.
.venv/installed: requirements.txt requirements-dev.txt
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -c '$(FITS)' 2>/dev/null || { echo \
	  "The course needs Python 3.11, 3.12 or 3.13 with its module venv (Debian, Ubuntu: apt install" \
	  "python3-venv), and $(PYTHON) is not that: make PYTHON=python3.13 names another one." >&2; exit 2; }
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

clean:
	rm -rf build .venv .venv-colab
