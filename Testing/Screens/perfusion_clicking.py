"""A reader who clicks, drags and draws at random in the perfusion module."""

import numpy as np
import perfusion_cases as cases
import slicer
from clicking import RARE

from StrokeBiomarkersLib.hierarchy import removeNodes
from StrokeBiomarkersLib.shortcuts import PERFUSION_KEYS as KEYS

PRESSED = ("undo", "redo", "next", "previous", "accept", "leaveOut", "cbf", "cbv", "mtt", "tmax", "perfusion")
PRESSED += ("nextVessel", "useVessel", "lookVessel", "automatic", "side", "structure", "overlay", "confirm")


def clickAroundPerfusion(host, panel, tmp_path, clicks, seed=11):
    """Random work of a reader; afterwards no node more than before, and everything still works."""
    random, ui, editor = np.random.default_rng(seed), panel.ui, panel.editor.widget
    ui.readerEdit.text = "R1"
    ui.outputPath.currentPath = str(tmp_path / "out")

    def somewhere():
        geometry = panel.core.geometry()
        index = random.uniform(0.1, 0.9, 3) * np.array(geometry.shape)
        point = geometry.slice_origins[int(index[0])] + geometry.affine[:3, :2] @ index[:0:-1]
        return tuple(float(x) for x in point)

    def stroke():
        if editor.activeEffect() is not None:
            x, y, z = somewhere()
            host.stroke(editor, [(-x, -y, z)], view="StrokeMap", diameter_mm=float(random.uniform(4, 20)))

    frequent = (
        stroke,
        stroke,
        lambda: panel.editor.use(str(random.choice(["Paint", "Erase", ""]))),
        lambda: host.press(KEYS[str(random.choice(PRESSED))]),
        lambda: host.press(KEYS[str(random.choice(PRESSED))]),
        lambda: cases.dragArtery(panel, somewhere()),
        lambda: panel.vessels.step(int(random.integers(-2, 3))),
        lambda: panel.review.decide(bool(random.integers(0, 2))),
        lambda: ui.zeroBox.click(),
        panel.onSettle,
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
    assert f"{panel.core.live().volume:.1f} mL" in ui.liveLabel.text
