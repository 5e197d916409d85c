# make run   set up .venv, execute the series on drawn animals, leave build/html/index.html
# make test  set up .venv, run every test, notebooks included
# make lab   open the series in JupyterLab
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: run test lab setup clean

run: setup
	$(PY) -m tools.run_notebooks build/html

test: setup
	$(PY) -m ruff check .
	$(PY) -m pytest tests
	rm -rf runs/notebook-smoke
	OMP_NUM_THREADS=1 CYCLEGAN_PRESET=smoke $(PY) -m pytest -p no:cacheprovider --nbval notebooks --nbval-current-env \
	  --nbval-sanitize-with tests/nbval_sanitize.cfg --nbval-cell-timeout=300 -n 2 --dist loadscope

lab: setup
	$(PY) -m jupyterlab notebooks/00_start_here.ipynb

setup: .venv/installed

.venv/installed: requirements.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

clean:
	rm -rf build .venv
