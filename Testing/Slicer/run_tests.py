"""All tests of this folder in a running Slicer:

    Slicer --no-splash --testing --additional-module-paths <repository>/StrokeBiomarkers <repository>/PhantomQC \
        --python-script run_tests.py

Slicer installs no packages while it is testing, whoever asks: before the first time, PythonSlicer -m pip install -r requirements.txt
of StrokeBiomarkers/Resources.
The exit code is 0 where all passed. Results also go to strokebiomarkers-tests.log in the temporary folder: Slicer on Windows prints
nothing to a console.
"""

import sys
import tempfile
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LOG = Path(tempfile.gettempdir()) / "strokebiomarkers-tests.log"


def run() -> bool:
    """Run them; True where all passed."""
    sys.path.insert(0, str(FOLDER))
    suite = unittest.defaultTestLoader.discover(str(FOLDER), pattern="test_*.py")
    with open(LOG, "w", encoding="utf-8") as log:
        result = unittest.TextTestRunner(stream=log, verbosity=2).run(suite)
    print(LOG.read_text(encoding="utf-8"))
    return result.wasSuccessful() and result.testsRun > 0


if __name__ == "__main__":
    import slicer

    slicer.util.exit(0 if run() else 1)
