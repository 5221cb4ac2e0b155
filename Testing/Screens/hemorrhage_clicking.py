"""A reader who clicks, decides and draws at random in the hemorrhage module."""

import hemorrhage_cases as cases
import numpy as np
import slicer
from clicking import RARE

from StrokeBiomarkersLib.bloodsegments import EDITABLE
from StrokeBiomarkersLib.hierarchy import removeNodes
from StrokeBiomarkersLib.shortcuts import HEMORRHAGE_KEYS as KEYS

PRESSED = (*EDITABLE, "undo", "redo", "next", "previous", "accept", "leaveOut", "structure", "side", "location")
PRESSED += ("click", "landmarks", "zero")


def clickAroundHemorrhage(host, panel, tmp_path, clicks, seed=11):
    """Random work of a reader; afterwards no node more than before, and everything still works."""
    random, ui, editor = np.random.default_rng(seed), panel.ui, panel.editor.widget
    ui.readerEdit.text = "R1"
    ui.outputPath.currentPath = str(tmp_path / "out")

    def somewhere():
        near = np.array(cases.DEEP if random.integers(0, 2) else cases.LOBAR) + random.uniform(-25, 25, 3)
        return cases.rasOf(near)

    def stroke():
        if editor.activeEffect() is not None:
            host.stroke(editor, [somewhere()], view="StrokeCT", diameter_mm=float(random.uniform(4, 20)))

    def place():
        if panel.placing.isPlacing:
            panel.placing._node.AddControlPointWorld(*somewhere())

    frequent = (
        stroke,
        stroke,
        place,
        place,
        lambda: panel.editor.use(str(random.choice(["Paint", "Erase", ""]))),
        lambda: host.press(KEYS[str(random.choice(PRESSED))]),
        lambda: host.press(KEYS[str(random.choice(PRESSED))]),
        lambda: panel.review.step(int(random.integers(-2, 3))),
        lambda: panel.review.decide(bool(random.integers(0, 2))),
        lambda: panel.clickAt(somewhere()),
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
    panel.endClick()
    assert panel.core.isMeasured() and cases.present() == before
    live = panel.core.live()
    assert sum(row.volume for row in live.rows if row.name != "edema") == live.volume
    assert np.sum([panel.core._seen[name] for name in EDITABLE], axis=0).max() <= 1
    panel.onSettle()
    record = {m.id: m.value for m in panel.core.record.measurements}
    assert all(not row.volume or record[f"{row.name}_volume"] == row.volume for row in live.rows[:5])
