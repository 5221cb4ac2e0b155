"""Pictures of the guided reading for the tutorial: the bar of every step of every procedure, one below the other, in both languages.

QT_QPA_PLATFORM=offscreen python Testing/Screens/step_pictures.py [task ...]

Needs pillow. Pictures go to Resources/Docs/Steps and, of the whole window, to Resources/Screenshots; look at them before they are committed.
"""

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STEPS, WINDOWS = ROOT / "Resources" / "Docs" / "Steps", ROOT / "Resources" / "Screenshots"
WIDTH, COLORS = 1100, 48
WHOLE = {"infarct_core": {"A6": "guided_reading_step", "Z2": "guided_reading_summary", "Z4": "guided_reading_sign"}}
"""Pictures of the whole window by task and step."""


def main(tasks: list[str]) -> None:
    """Take them."""
    import hemorrhage_cases
    import wizard_cases as cases
    from host.session import Host

    host = Host()
    folder = Path(tempfile.mkdtemp())
    blood = hemorrhage_cases.patientFolder(folder, slab={"slices": 30, "step_mm": 5.0})
    patients = {
        "infarct_core": cases.corePatient(folder),
        "ich_volume": blood,
        "ht_class": blood,
        "mismatch": cases.perfusionPatient(folder),
        "recanalization": cases.headSeries(folder / "tof", "TOF angio head"),
        "final_infarct": cases.headSeries(folder / "flair", "T2 FLAIR", lesion_ml=12),
    }
    for task in tasks or patients:
        for language in ("en", "ko"):
            take(host, cases, task, language, patients[task], folder / f"{task}_{language}")


def take(host, cases, task: str, language: str, patient: Path, out: Path) -> None:
    """Walk one procedure in one language."""
    import slicer

    slicer.app.settings().setValue("language", {"en": "en_US", "ko": "ko_KR"}[language])
    slicer.modules.__dict__.pop("strokeBiomarkersTranslator", None)
    host.begin()
    panel = cases.openModules(host, *cases.MODULES)
    cases.listFolder(panel, patient, out, task)
    suffix = "" if language == "en" else "_ko"
    if task == "infarct_core":
        panel.ui.sourcePath.currentPath = "/data/patients"
        panel.ui.outputPath.currentPath = "/data/readings"
        save(host.window.grab(), WINDOWS / f"guided_reading{suffix}.png")
        panel.ui.outputPath.currentPath = str(out)
    panel.ui.openButton.click()
    bars = []

    def onStep(step: str) -> None:
        bars.append(trimmed(panel.bar.widget.grab()))
        name = WHOLE.get(task, {}).get(step)
        if name:
            slicer.app._layoutManager.drawAll()
            host.processEvents()
            save(host.window.grab(), WINDOWS / f"{name}{suffix}.png")

    cases.readThrough(host, panel, onStep)
    save(stacked(bars), STEPS / f"{task}{suffix}.png")
    wrong = host.end()
    translator = slicer.modules.__dict__.pop("strokeBiomarkersTranslator", None)
    if translator is not None:
        import qt

        qt.QCoreApplication.removeTranslator(translator)
    print(task, language, len(bars), "steps", *wrong, flush=True)


def trimmed(picture):
    """The picture of a bar without the switch of languages and the empty space above it."""
    image = picture.toImage()
    bottom = image.height() - 46
    rows = [bytes(image.constScanLine(y)) for y in range(bottom)]
    used = max((y for y, row in enumerate(rows) if row != rows[-1]), default=40)
    return picture.copy(0, 0, picture.width(), min(used + 10, bottom))


def stacked(pictures):
    """Pictures one below the other, a line between."""
    import qt

    height = sum(one.height() + 2 for one in pictures)
    image = qt.QImage(pictures[0].width(), height, qt.QImage.Format_RGB32)
    image.fill(qt.QColor(120, 120, 120))
    painter, y = qt.QPainter(image), 0
    for one in pictures:
        painter.drawPixmap(0, y, one)
        y += one.height() + 2
    painter.end()
    return image


def save(picture, path: Path) -> None:
    """Reduced and with few colors: small enough for a repository."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(str(path))
    image = Image.open(path).convert("RGB")
    if image.width > WIDTH:
        image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "StrokeBiomarkers")]
    main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)
