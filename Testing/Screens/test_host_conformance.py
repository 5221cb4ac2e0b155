"""Slicer's own tests, run against the host; only with SLICER_PYTHON_DIR naming Base/Python/slicer of a checkout, which is never committed."""

import os
import sys
import unittest
from pathlib import Path

import pytest

CHECKOUT = os.environ.get("SLICER_PYTHON_DIR", "")
# Test -> what the host lacks.
KNOWN = {
    "test_ctkDoubleSliderToFloat": "ctkDoubleSlider",
    "test_CtkDoubleRangeSliderToRange": "ctkDoubleRangeSlider",
    "test_ctkColorPickerButtonToQColor": "ctkColorPickerButton",
    "test_qMRMLSubjectHierarchyTreeViewToNode": "qMRMLSubjectHierarchyTreeView",
    "test_qMRMLSubjectHierarchyComboBox": "qMRMLSubjectHierarchyComboBox",
}
FILES = {
    "parameter_node_wrapper": 33,
    "parameter_pack": 18,
    "parameter_node_wrapper_guis": 33,
    "parameter_node_wrapper_gui_creation": 11,
    "util_VTKObservationMixin": 13,
    "util_getNodes": 4,
    "util_childWidgetVariables": 1,
}

pytestmark = pytest.mark.skipif(not CHECKOUT, reason="SLICER_PYTHON_DIR is not set")


@pytest.mark.parametrize("name", FILES)
def test_slicers_own_tests(running, monkeypatch, name):
    monkeypatch.syspath_prepend(str(Path(CHECKOUT) / "tests"))
    running.begin()
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromName(f"test_slicer_{name}").run(result)
    running.errors.stop()
    running._clear()
    bad = {test.id().rpartition(".")[2]: trace for test, trace in result.failures + result.errors}
    unexpected = {test: trace for test, trace in bad.items() if test not in KNOWN or KNOWN[test] not in trace}
    assert result.testsRun >= FILES[name] and not unexpected, "\n".join(unexpected.values())


def test_slicers_template_opens(host, tmp_path):
    source = Path(CHECKOUT).parents[2] / "Utilities" / "Templates" / "Modules" / "Scripted" / "TemplateKey.py"
    if not source.is_file():
        pytest.skip(f"no module template beside the checkout: {source.name}")
    monkey = sys.modules.pop("TemplateKey", None)
    assert monkey is None
    panel = host.open(source)
    panel.ui.outputSelector.addNode()
    host.closeScene()
    assert not panel.ui.applyButton.enabled and "Select input" in panel.ui.applyButton.toolTip
