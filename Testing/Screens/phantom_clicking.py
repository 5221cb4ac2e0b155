"""A technologist who drags and clicks at random."""

import numpy as np
import phantom_cases as cases
from clicking import RARE

from PhantomQCLib.phantomkeys import PHANTOM_KEYS as KEYS

PRESSED = ("next", "previous", "swap", "turn", "halfTurn", "mirror", "undo", "automatic")


def clickAroundPhantom(host, panel, tmp_path, clicks, seed=11):
    """Random work; afterwards no node more than before, and table, record and scene agree."""
    random, ui = np.random.default_rng(seed), panel.ui
    ui.readerEdit.text = "QA1"
    ui.outputPath.currentPath = str(tmp_path / "out")

    def move():
        labels = panel._labels()
        if labels:
            cases.drag(panel, str(random.choice(labels)), random.uniform(-6, 6, 3))

    def choose(box):
        if box.count:
            box.setCurrentIndex(int(random.integers(0, box.count)))

    frequent = (
        move,
        move,
        lambda: host.press(KEYS[str(random.choice(PRESSED))]),
        lambda: host.press(KEYS[str(random.choice(PRESSED))]),
        lambda: choose(ui.firstCombo),
        lambda: choose(ui.secondCombo),
        lambda: choose(ui.scannerCombo),
        lambda: choose(ui.numberCombo),
        lambda: panel.regions._onCell(int(random.integers(0, 13)), 0),
    )
    rare = (ui.computeButton.click, ui.writeButton.click, ui.openButton.click)
    before = cases.present()
    for number in range(clicks):
        if number % RARE == RARE - 1:
            rare[int(random.integers(0, len(rare)))]()
            if not panel.core.isMeasured():
                panel.form.choose(cases.PHANTOM)
                ui.temperatureEdit.text = "0"
                ui.computeButton.click()
        else:
            frequent[int(random.integers(0, len(frequent)))]()
        host.processEvents()
    assert panel.core.isMeasured()
    others = (
        "vtkMRMLPlotSeriesNode",
        "vtkMRMLTableNode",
        "vtkMRMLTextNode",
    )  # as many as the chart has lines, and a record
    assert [n for n in cases.present() if n not in others] == [n for n in before if n not in others]
    placements = {p.label: p.center_lps for p in panel.core.record.session.placements}
    for label, point in panel.core.scene.points().items():
        assert np.linalg.norm(np.subtract(point, placements[label])) < 3.0, label
    assert set(panel.core.places) <= set(placements)
    panel.core.automatic()
    assert not any(p.placed_by for p in panel.core.record.session.placements)
