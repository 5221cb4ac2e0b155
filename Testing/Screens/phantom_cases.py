"""What a technologist does with the phantom module, in steps that tests in the host and in Slicer share."""

import json
from pathlib import Path

import slicer

MODULE = Path(__file__).resolve().parents[2] / "PhantomQC" / "PhantomQC.py"
PHANTOM = "digital_diffusion_vials"


def patientFolder(parent: Path, name="sound", **more) -> Path:
    """Write a session of the digital phantom; return its folder. Any other name is one of the catalog of faults."""
    from PhantomQCLib.selftest import writeGeneratedPhantom

    return writeGeneratedPhantom(parent / "qa", name if isinstance(name, str) else "sound", **more)


def openSession(panel, folder: Path, phantom: str = PHANTOM) -> None:
    """Open a folder and choose the phantom."""
    panel.ui.inputPath.currentPath = str(folder)
    panel.ui.openButton.click()
    panel.form.choose(phantom)


def openAndCompute(panel, folder: Path, phantom: str = PHANTOM, celsius: str = "0") -> None:
    """Open a folder, state the temperature, compute."""
    openSession(panel, folder, phantom)
    panel.ui.temperatureEdit.text = celsius
    panel.ui.sourceCombo.setCurrentIndex(1)
    panel.ui.computeButton.click()


def drag(panel, label: str, mm) -> None:
    """Move the point of a region in RAS mm, as a hand does, and let go."""
    node = panel.core.scene.handles
    number = next(n for n in range(node.GetNumberOfControlPoints()) if node.GetNthControlPointLabel(n) == label)
    before = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(number, before)
    node.SetNthControlPointPositionWorld(number, *(a + b for a, b in zip(before, mm, strict=True)))
    panel.onMoved()


def swap(panel, first: str, second: str) -> None:
    """Let two regions change their labels by the lists and the button."""
    labels = panel._labels()
    panel.ui.firstCombo.setCurrentIndex(labels.index(first))
    panel.ui.secondCombo.setCurrentIndex(labels.index(second))
    panel.ui.swapButton.click()


def adc(panel, label: str) -> float:
    """ADC of a vial over all passes."""
    found = (
        m for m in panel.core.record.session.measurements if (m.metric, m.insert, m.repeat) == ("adc", label, None)
    )
    return next(found).value


def sign(panel, out: Path, reader: str = "QA1") -> None:
    """Fill in and write."""
    panel.ui.readerEdit.text = reader
    panel.ui.outputPath.currentPath = str(out)
    panel.ui.writeButton.click()


def recordOf(out: Path) -> dict:
    """The one record below a folder."""
    (path,) = out.rglob("record.json")
    return json.loads(path.read_bytes())


def present() -> list:
    """Nodes of the scene by class."""
    scene = slicer.mrmlScene
    return sorted(scene.GetNthNode(n).GetClassName() for n in range(scene.GetNumberOfNodes()))
