"""Where the base of the widget comes from: the library of the extension, which lies in the next folder of the source tree.

Installed, all modules of the extension share one folder and nothing has to be found.
"""

import importlib.util
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "StrokeBiomarkers"
"""In the source tree."""

LIBRARY = "StrokeBiomarkersLib"


def readingModuleWidget() -> type:
    """`ReadingModuleWidget` of the library.

    Raises:
        ImportError: the library is neither installed nor beside this folder.
    """
    if importlib.util.find_spec(LIBRARY) is None:
        if not (SOURCE / LIBRARY).is_dir():
            msg = f"PhantomQC needs {LIBRARY}: add the folder StrokeBiomarkers to the module paths too"
            raise ImportError(msg)
        sys.path.append(str(SOURCE))
    from StrokeBiomarkersLib.modulewidget import ReadingModuleWidget

    return ReadingModuleWidget
