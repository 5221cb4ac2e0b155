"""The compiled translations in Qt itself, and a module that loads them by the language of the application."""

import importlib.util
import shutil
import subprocess
from pathlib import Path

import core_cases as cases
import pytest
import slicer

from StrokeBiomarkersLib.translations import FOLDER, translationFile

_TOOL = Path(__file__).resolve().parents[1] / "Repository" / "update_translations.py"
_SPEC = importlib.util.spec_from_file_location(_TOOL.stem, _TOOL)
tool = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tool)


@pytest.fixture
def korean(host):
    """An application whose language is Korean; English again afterwards."""
    slicer.app.settings().setValue("language", "ko_KR")
    slicer.modules.__dict__.pop("strokeBiomarkersTranslator", None)  # as after a restart, which Slicer asks for
    yield host
    import qt

    slicer.app.settings().remove("language")
    translator = slicer.modules.strokeBiomarkersTranslator
    qt.QCoreApplication.removeTranslator(translator)
    del slicer.modules.strokeBiomarkersTranslator


def loaded(path):
    import qt  # there when the host runs

    translator = qt.QTranslator()
    assert translator.load(str(path))
    return translator


@pytest.mark.parametrize("path", tool.FILES, ids=lambda path: path.name)
def test_qt_finds_every_translation_in_the_compiled_file(host, path):
    """That every text of the sources is translated is tested without Qt, in Testing/Repository."""
    translator, known = loaded(path.with_suffix(".qm")), tool.translated(path)
    assert len(known) > 200
    assert {key: translator.translate(*key) for key in known} == known


@pytest.mark.parametrize("path", tool.FILES, ids=lambda path: path.name)
def test_the_source_compiles_to_the_same_translations(host, path, tmp_path):
    assert tool.compiler(), "lrelease comes with PySide6"
    target = tmp_path / "new.qm"
    done = subprocess.run([tool.compiler(), str(path), "-qm", str(target)], capture_output=True, text=True, check=True)
    assert "0 unfinished" in done.stdout
    new, old = loaded(target), loaded(path.with_suffix(".qm"))
    assert all(new.translate(*text) == old.translate(*text) != "" for text in tool.translated(path))


@pytest.mark.parametrize(
    ("locale", "found"), [("ko_KR", True), ("ko-KR", True), ("ko", True), ("en_US", False), ("", False), ("kok", False)]
)
def test_the_file_of_a_language_is_found(locale, found):
    assert (translationFile(locale) == FOLDER / "StrokeBiomarkers_ko-KR.qm") is found


def test_a_module_speaks_the_language_of_the_application(korean):
    panel = korean.open(cases.MODULE).panel
    assert panel.ui.computeButton.text == "계산" and "폴더" in panel.ui.computeButton.toolTip
    assert panel.ui.openButton.text == "열기"


def test_issues_are_told_in_korean_with_their_code(korean, tmp_path):
    panel = korean.open(cases.MODULE).panel
    panel.ui.inputPath.currentPath = str(cases.patientFolder(tmp_path, "refuse_missing_slice"))
    panel.ui.openButton.click()
    assert "중지 G06 빠진 슬라이스가 있음." in panel.ui.auditLabel.text
    panel.ui.inputPath.currentPath = str(tmp_path / "nothing")
    panel.ui.openButton.click()
    assert panel.ui.statusLabel.text.startswith("중지 I01 입력을 열 수 없음.")


def test_a_broken_file_leaves_the_module_english(korean, tmp_path, monkeypatch):
    from StrokeBiomarkersLib import translations

    (tmp_path / "StrokeBiomarkers_ko-KR.qm").write_bytes(b"no translation")
    monkeypatch.setattr(translations, "FOLDER", tmp_path)
    panel = korean.open(cases.MODULE).panel
    assert panel.ui.computeButton.text == "Compute"


def test_lrelease_is_where_the_tool_looks():
    assert shutil.which(tool.compiler())
