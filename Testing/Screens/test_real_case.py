"""A real stroke in the diffusion module: contours lie on the lesion, and all places agree after decisions and strokes."""

import csv
import json
import os
import time

import core_cases as cases
import numpy as np
import pytest
import slicer

from StrokeBiomarkersLib.shortcuts import KEYS

ORANGE = (230, 153, 0)
"""Color of the core."""


@pytest.fixture
def measured(host, shared_data):
    panel = host.open(cases.MODULE).panel
    panel.ui.inputPath.currentPath = str(shared_data / "diffusion" / "isles22_case0009")
    panel.ui.openButton.click()
    begin = time.process_time(), time.perf_counter()
    panel.ui.computeButton.click()
    taken = time.process_time() - begin[0], time.perf_counter() - begin[1]
    print(f"click to result: {taken[0]:.1f} s of processor, {taken[1]:.1f} s; load {os.getloadavg()[0]:.1f}")
    assert panel.core.isMeasured(), panel.ui.statusLabel.text
    yield panel


def isOrange(pixels):
    return (np.abs(pixels[..., :3].astype(int) - ORANGE) < 40).all(axis=-1)


def pixelOf(view, ras, shape):
    """(row, column) of a point in a picture of a slice view."""
    node = slicer.app.layoutManager().sliceWidget(view).mrmlSliceNode()
    toRas = slicer.util.arrayFromVTKMatrix(node.GetXYToRAS())
    x, y = (np.linalg.inv(toRas) @ [*ras, 1.0])[:2]
    width, height = node.GetDimensions()[:2]
    return shape[0] - 1 - y * shape[0] / height, x * shape[1] / width


def test_contours_lie_on_the_lesion(host, measured, tmp_path):
    """In every slice that is looked at the orange pixels are at the border of the core, and nowhere else."""
    core = measured.core
    mask, image = core.mask(), core.hostImage()
    matrix = slicer.util.arrayFromVTKMatrix(_ijkToRas(image))
    label = next(label for label, accepted in core.decisions().items() if accepted)
    measured.review.look([c.label for c in core.candidates()].index(label))
    host.processEvents()
    path = host.screenshot(tmp_path / "case.png", True)
    pixels = host.pixels("StrokeDWI")
    point = core.pointOf(label)
    k = round(float((np.linalg.inv(matrix) @ [*point, 1.0])[2]))
    found = np.argwhere(isOrange(pixels))
    assert path.is_file() and len(found) > 20, "the contour is drawn"
    inside = np.argwhere(mask.values[k])
    corners = [
        pixelOf("StrokeDWI", (matrix @ [i, j, k, 1.0])[:3], pixels.shape)
        for j, i in (inside.min(axis=0) - 1, inside.max(axis=0) + 1)
    ]
    low, high = np.min(corners, axis=0) - 3, np.max(corners, axis=0) + 3
    share = ((found >= low) & (found <= high)).all(axis=1).mean()
    assert share > 0.95, "contours are at the core and nowhere else"
    reach = (found.max(axis=0) - found.min(axis=0)) / (high - low)
    assert (reach > 0.6).all(), "they go around all of it"


def test_two_candidates_part_of_one_erased_and_all_places_agree(host, measured, tmp_path):
    panel = measured
    volumes = {c.label: c.volume_ml for c in panel.core.candidates()}
    assert len(volumes) >= 2, volumes
    chosen = sorted(volumes, key=volumes.get, reverse=True)[:2]
    for label in volumes:
        panel.onDecision(label, label in chosen)
    before = panel.core.live().volume
    assert before == pytest.approx(sum(volumes[label] for label in chosen), rel=1e-6)
    host.press(KEYS["erase"])
    host.stroke(panel.editor.widget, [panel.core.pointOf(chosen[0])], view="StrokeDWI", diameter_mm=6)
    begin = time.process_time()
    panel.onStroke()
    taken = time.process_time() - begin
    print(f"volume after a stroke: {1000 * taken:.0f} ms of processor on {panel.core.record.core.labels.shape}")
    after = panel.core.live().volume
    assert 0 < after < before and f"{after:.2f} mL" in panel.ui.liveLabel.text
    cases.sign(panel, tmp_path / "out")
    assert "Written to" in panel.ui.resultLabel.text, panel.ui.statusLabel.text
    found = placesOf(panel, tmp_path / "out")
    assert found == pytest.approx(dict.fromkeys(found, after), rel=1e-6) and found["scene"] == after


def placesOf(panel, out):
    """Volume in mL as each place has it; NIfTI has no DICOM study that a SEG could belong to."""
    from StrokeBiomarkersLib.tables import measurementsFromTable

    (folder,) = [path.parent for path in out.rglob("record.json")]
    record = json.loads((folder / "record.json").read_bytes())
    with open(out / "measurements.csv", newline="", encoding="utf-8") as file:
        rows = [float(row["value"]) for row in csv.DictReader(file) if row["measure"] == cases.VOLUME]
    inScene = measurementsFromTable(panel.core.nodes.table)
    return {
        "record": next(m["value"] for m in record["measurements"] if m["id"] == cases.VOLUME),
        "table": rows[0],
        "scene": next(m.value for m in inScene if m.id == cases.VOLUME),
        "nrrd": cases.nrrdVolume(folder / "masks" / "infarct_core.seg.nrrd"),
    }


def _ijkToRas(node):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix
