"""The command inside Slicer, without a window:

    Slicer --no-splash --no-main-window --python-script batch.py -- run INPUT --out OUT [--scene FOLDER]

Words, numbers, files and exit codes are those of `strokequant`. `--scene FOLDER` adds a scene (.mrb) of every measured case; the
folder is apart from OUT, whose files are all hashed. Slicer never ends by itself after a script, so this always ends it.
"""

import multiprocessing
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

SCENE = "--scene"


def main(words: Sequence[str]) -> int:
    """Run the command; with `--scene FOLDER` also write scenes.

    Returns:
        exit code of the command; 1 where a scene could not be written, 2 where no folder was given.
    """
    _addLibrary()
    from strokequant.cli import EXIT_MEASURED, EXIT_NOTHING, EXIT_PARTLY, EXIT_USAGE, run

    words, folder = _splitScene(list(words))
    if folder == "":
        print(f"{SCENE} needs a folder", file=sys.stderr)
        return EXIT_USAGE
    _usePythonOfSlicer()
    try:
        code = run(words)
    except SystemExit as leaving:  # wrong usage, --help
        return leaving.code if isinstance(leaving.code, int) else EXIT_NOTHING
    if folder is None or code not in (EXIT_MEASURED, EXIT_PARTLY):
        return code
    return code if _writeScenes(words, Path(folder)) else EXIT_NOTHING


def leave(code: int) -> None:
    """End the process: by Slicer where it runs, else at once."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        import slicer

        slicer.app.processEvents()
        slicer.util.exit(code)
    except (ImportError, AttributeError):
        os._exit(code)


def wordsOf(arguments: Sequence[str]) -> list[str]:
    """What follows "--", or all words where there is none."""
    arguments = list(arguments)
    return arguments[arguments.index("--") + 1 :] if "--" in arguments else arguments


def _splitScene(words: list[str]) -> tuple[list[str], str | None]:
    """Words of the command, and the folder for scenes: None where none is wanted, empty where it is missing."""
    if SCENE not in words:
        return words, None
    at = words.index(SCENE)
    return words[:at] + words[at + 2 :], words[at + 1] if at + 1 < len(words) else ""


def _writeScenes(words: Sequence[str], folder: Path) -> bool:
    from StrokeBiomarkersLib.scenefile import writeCaseScenes
    from strokequant.cli import build_parser

    return writeCaseScenes(build_parser().parse_args(words), folder)


def _addLibrary() -> None:
    """Slicer has this folder on its path when the extension is installed; a source tree does not need to be."""
    folder = str(Path(__file__).resolve().parents[1])
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _usePythonOfSlicer() -> None:
    """Other processes (`--jobs`) must be Python, not a second application."""
    try:
        import slicer

        home = slicer.app.slicerHome
    except (ImportError, AttributeError):
        return
    found = next((path for path in Path(home, "bin").glob("PythonSlicer*")), None)
    if found is not None:
        multiprocessing.set_executable(str(found))


if __name__ == "__main__":
    result = 1
    try:
        result = main(wordsOf(sys.argv[1:]))
    except Exception:
        traceback.print_exc()
    leave(result)
