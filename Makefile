# make demo   synthetic patients, measured; prints truth | measured | error
# make test   all tests that need no Slicer
# make slicer-test  the Slicer side on Slicer's own MRML code and a stand-in for its screen (installs slicer-core, PySide6)
# make screens      of it only the modules on screen
# make extension    rewrite the file lists of the extension after files were added or removed
# make bench  accuracy and speed against named baselines
# make fuzz   10,000 damaged DICOM files

PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin
STAMP = $(VENV)/.installed
SCREENS = Testing/Screens

# make clicks       10,000 random clicks on the open module

.PHONY: demo test slicer-test screens clicks extension bench fuzz lint clean

demo: $(STAMP)
	$(RUN)/strokequant demo demo-out

test: $(STAMP)
	$(RUN)/python -m pytest --numprocesses auto --dist loadfile

slicer-test: screens
	$(RUN)/python -m pytest Testing/Mrml

screens: $(VENV)/.slicer
	QT_QPA_PLATFORM=offscreen $(RUN)/python -m pytest $(SCREENS)

clicks: $(VENV)/.slicer
	QT_QPA_PLATFORM=offscreen $(RUN)/python Testing/Screens/random_clicks.py 10000
	QT_QPA_PLATFORM=offscreen $(RUN)/python Testing/Screens/random_clicks.py 2000 1 perfusion
	QT_QPA_PLATFORM=offscreen $(RUN)/python Testing/Screens/random_clicks.py 2000 1 phantom
	QT_QPA_PLATFORM=offscreen $(RUN)/python Testing/Screens/random_clicks.py 1200 1 wizard

extension: $(STAMP)
	$(RUN)/python Testing/Repository/update_extension.py

bench: $(VENV)/.bench
	$(RUN)/python Testing/Benchmarks/run_all.py

fuzz: $(STAMP)
	$(RUN)/python Testing/Fuzz/fuzz_dicom.py --files 10000

lint: $(STAMP)
	$(RUN)/python -m pip install --quiet "ruff>=0.6"
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

clean:
	rm -rf $(VENV) demo-out .pytest_cache .ruff_cache build StrokeBiomarkers/*.egg-info

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python %d.%d found, 3.11 or newer needed: make PYTHON=python3.11" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	@touch $@

$(VENV)/.slicer: $(STAMP)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test,slicer-test]"
	@touch $@

$(VENV)/.bench: $(STAMP)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	@touch $@
