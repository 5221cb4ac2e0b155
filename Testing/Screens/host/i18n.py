"""`slicer.i18n`, and translations from .ts files: `tr` finds its context from the file that calls it, as in Slicer."""

import inspect
import logging
import os
import re
import types
import xml.etree.ElementTree as ElementTree

from PySide6 import QtCore


class FileTranslator(QtCore.QTranslator):
    """A translator that reads .ts files, so that no compiler of translations is needed."""

    def __init__(self, paths):
        super().__init__()
        self._words = {}
        for path in paths:
            for context in ElementTree.parse(path).iter("context"):
                for message in context.iter("message"):
                    translation = message.find("translation")
                    if translation is not None and translation.text and translation.get("type") != "unfinished":
                        self._words[(context.findtext("name"), message.findtext("source"))] = translation.text

    def translate(self, context, sourceText, disambiguation=None, n=-1):
        """Return the translation, or None."""
        return self._words.get((context, sourceText))

    def isEmpty(self):
        """Say whether there are no translations."""
        return not self._words


def context_of(path: str) -> str:
    """Return the translation context of a Python file: its name, with the folder's before it inside a package."""
    folder, name = os.path.split(os.path.splitext(path)[0])
    inPackage = os.path.isfile(os.path.join(folder, "__init__.py"))
    return f"{os.path.basename(folder)}.{name}" if inPackage else name


def translate(context, text):
    """Return a text in the language of the application."""
    import slicer

    return slicer.app.translate(context, text)


def tr(text):
    """Return a text in the language of the application; a translation with other placeholders is not used."""
    frame = inspect.currentframe().f_back
    translated = translate(context_of(frame.f_code.co_filename), text)
    placeholders = [set(re.findall(r"(?<!\{)\{([^{}]+)\}(?!\})", one)) for one in (text, translated)]
    if placeholders[0] != placeholders[1]:
        logging.warning("the translation %r of %r has other placeholders", translated, text)
        return text
    return translated


def build() -> types.ModuleType:
    """Return the module."""
    module = types.ModuleType("slicer.i18n")
    module.tr, module.translate = tr, translate
    return module
