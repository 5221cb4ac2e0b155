"""Brings the application up: once in a process, in this order."""

import importlib
import os
import sys

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _install_stand_ins() -> None:
    """Make the Python files of Slicer importable that the wheel leaves out."""
    import slicer

    from host import i18n, packaging, sample_data, scripted
    from host.parameters import module as parameters

    checkout = os.environ.get("SLICER_PYTHON_DIR")
    own = {"packaging": packaging}
    if checkout:
        _add_checkout(checkout)
    else:
        own |= {"ScriptedLoadableModule": scripted, "parameterNodeWrapper": parameters, "i18n": i18n}
    for name, source in own.items():
        built = source.build()
        sys.modules[built.__name__] = built
        setattr(slicer, name, built)
    sys.modules["SampleData"] = sample_data.build()


def _add_checkout(folder: str) -> None:
    """Let Slicer's own files be found. The folder must never be on PYTHONPATH: the wheel would import everything in it."""
    import slicer

    if not os.path.isfile(os.path.join(folder, "ScriptedLoadableModule.py")):
        raise FileNotFoundError(
            f"SLICER_PYTHON_DIR is not Slicer's Base/Python/slicer: no ScriptedLoadableModule.py in {folder}"
        )
    slicer.__path__.append(folder)


def start():
    """Return the one application; bring it up the first time."""
    import slicer

    if not hasattr(slicer, "app"):
        from host.pythonqt import module

        qt = module.install()
        from host.widgets import modules

        modules.install(qt)
        from host.application import app

        slicer.app = app.App()
        importlib.import_module("slicer.util")
        app.add_module_aliases()
        _install_stand_ins()
    return slicer.app
