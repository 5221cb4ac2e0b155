"""A reader who clicks and draws at random."""

import core_cases as cases
import numpy as np
import slicer
import vtk

from StrokeBiomarkersLib.hierarchy import removeNodes
from StrokeBiomarkersLib.shortcuts import KEYS

RARE = 97
"""Every so many clicks something long: compute, write, open."""


def clickAround(host, panel, tmp_path, clicks, seed=11):
    """Random work of a reader; afterwards no node more than before, and everything still works."""
    random, ui, editor = np.random.default_rng(seed), panel.ui, panel.editor.widget
    labels = [c.label for c in panel.core.candidates()]
    ui.readerEdit.text = "R1"
    ui.outputPath.currentPath = str(tmp_path / "out")
    shape = np.array(panel.core.record.core.labels.shape[::-1])
    toRas = slicer.util.arrayFromVTKMatrix(_matrix(panel.core.hostImage()))

    def stroke():
        if editor.activeEffect() is not None:
            point = toRas @ [*(random.uniform(0.2, 0.8, 3) * shape), 1.0]
            host.stroke(editor, [point[:3]], view="StrokeDWI", diameter_mm=float(random.uniform(4, 20)))

    frequent = (
        stroke,
        stroke,
        stroke,
        lambda: panel.editor.use(str(random.choice(["Paint", "Erase", ""]))),
        lambda: host.press(KEYS[str(random.choice(["undo", "redo", "next", "previous", "accept", "leaveOut"]))]),
        lambda: panel.onDecision(int(random.choice(labels)), bool(random.integers(0, 2))),
        lambda: panel.review.step(int(random.integers(-2, 3))),
        lambda: ui.zeroBox.click(),
    )
    rare = (ui.computeButton.click, ui.writeButton.click, ui.openButton.click)
    before = cases.present()
    for number in range(clicks):
        if number % RARE == RARE - 1:
            rare[int(random.integers(0, len(rare)))]()
            if not panel.core.isMeasured():
                ui.computeButton.click()
            for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
                if node.GetName().split(" edited")[0] != node.GetName():
                    removeNodes(node)
        else:
            frequent[int(random.integers(0, len(frequent)))]()
        host.processEvents()
    assert panel.core.isMeasured() and cases.present() == before
    assert f"{panel.core.live().volume:.2f} mL" in ui.liveLabel.text


def _matrix(node):
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix
