"""Translations of this extension for the language of the application.

Slicer loads translation files only from a folder of its own installation (`slicer.app.translationFolders()`), where no extension may
write, and its build compiles none for scripted modules. So the compiled files are resources of the extension, loaded by its modules.
"""

import logging
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "Resources" / "Translations"
"""Beside the module files, in the source tree and where it is installed."""

BASE = "StrokeBiomarkers"


def translationFile(locale: str) -> Path | None:
    """Compiled translation for a locale such as "ko_KR" or "ko-KR": of its country, else of its language, else None."""
    wanted = locale.replace("_", "-").lower()
    known = {path.stem.removeprefix(f"{BASE}_").replace("_", "-").lower(): path for path in sorted(FOLDER.glob("*.qm"))}
    if wanted in known:
        return known[wanted]
    language = wanted.split("-")[0]
    return next((path for name, path in known.items() if language and name.split("-")[0] == language), None)


def installTranslation() -> None:
    """Speak the language of the application, once; texts stay English where there is no translation."""
    import qt
    import slicer

    if hasattr(slicer.modules, "strokeBiomarkersTranslator"):
        return
    path = translationFile(slicer.app.applicationLocaleName)
    translator = qt.QTranslator()
    if path is not None and not translator.load(str(path)):
        logging.warning("%s cannot be loaded", path.name)
        path = None
    if path is not None:
        qt.QCoreApplication.installTranslator(translator)
    slicer.modules.strokeBiomarkersTranslator = translator  # Qt does not keep it alive
