"""The parameter node wrapper: Slicer's types, limits, texts in the node, and bindings."""

import enum
import os
import pathlib
from typing import Annotated

import pytest
import slicer


class Step(enum.Enum):
    choose = 1
    measure = 2


@pytest.fixture
def api(host):
    import slicer.parameterNodeWrapper as wrapper

    yield wrapper


@pytest.fixture
def node(host):
    yield host.scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")


@pytest.fixture
def wrapped(api, node):
    @api.parameterPack
    class Window:
        low: float = 0
        high: Annotated[float, api.WithinRange(0, 3000)] = 100

    @api.parameterNodeWrapper
    class Parameters:
        threshold: Annotated[float, api.WithinRange(0, 3000)] = 620
        count: int
        name: str
        on: bool = True
        step: Step = Step.measure
        folder: pathlib.Path
        volume: slicer.vtkMRMLScalarVolumeNode
        either: slicer.vtkMRMLScalarVolumeNode | slicer.vtkMRMLSegmentationNode | None
        maybe: int | None
        names: list[str]
        sizes: dict[str, float]
        pair: tuple[int, str]
        window: Window

    yield Parameters(node)


def test_defaults_are_written_into_the_node(wrapped, node):
    texts = {
        key: node.GetParameter(key)
        for key in ("threshold", "count", "on", "step", "names.len", "window.high", "pair.0")
    }
    assert texts == {
        "threshold": "620",
        "count": "0",
        "on": "True",
        "step": "measure",
        "names.len": "0",
        "window.high": "100",
        "pair.0": "0",
    }
    assert wrapped.maybe is None and wrapped.volume is None


def test_values_come_back(wrapped, host):
    volume = host.scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    segmentation = host.scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    values = {
        "threshold": 550.5,
        "count": 3,
        "name": "x",
        "on": False,
        "step": Step.choose,
        "folder": pathlib.Path("/a b"),
        "volume": volume,
        "either": segmentation,
        "maybe": 4,
        "names": ["a", "b"],
        "sizes": {"core": 1.5},
        "pair": (2, "z"),
        "window.low": 7.0,
    }
    for name, value in values.items():
        wrapped.setValue(name, value)
        assert wrapped.getValue(name) == value, name
    host.scene.RemoveNode(volume)
    assert wrapped.volume is None


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("threshold", 3001, ValueError),
        ("threshold", None, ValueError),
        ("threshold", "620", TypeError),
        ("count", 1.5, TypeError),
        ("on", 1, TypeError),
        ("step", "measure", TypeError),
        ("names", ["a", 1], TypeError),
        ("pair", (1,), ValueError),
        ("either", 3, TypeError),
        ("window.high", 5000, ValueError),
    ],
)
def test_refused_values_change_nothing(wrapped, name, value, error):
    before = wrapped.getValue(name)
    with pytest.raises(error):
        wrapped.setValue(name, value)
    assert wrapped.getValue(name) == before


def test_unknown_names_are_refused(wrapped):
    with pytest.raises(ValueError, match="treshold"):
        wrapped.getValue("treshold")
    with pytest.raises(AttributeError):
        wrapped.window.hihg = 3


@pytest.mark.skipif("SLICER_PYTHON_DIR" in os.environ, reason="Slicer takes these without a word")
def test_stricter_than_slicer(wrapped):
    with pytest.raises(AttributeError):
        wrapped.treshold = 3
    with pytest.raises(TypeError):
        wrapped.count = True
    with pytest.raises(TypeError):
        wrapped.names = "ab"


def test_lists_and_dicts_write_through(wrapped, node):
    names = wrapped.names
    names.append("a")
    names += ["b"]
    assert [node.GetParameter(f"names.{i}") for i in range(2)] == ["a", "b"]
    with pytest.raises(NotImplementedError):
        _ = names + names
    with pytest.raises(TypeError):
        names.append(3)
    assert wrapped.names == ["a", "b"]
    wrapped.sizes["core"] = 2.0
    assert wrapped.sizes == {"core": 2.0}
    with pytest.raises(TypeError):
        wrapped.sizes.get("core", 0)


def test_a_default_outside_its_limits_is_refused(api, node):
    @api.parameterNodeWrapper
    class Wrong:
        threshold: Annotated[float, api.WithinRange(100, 200)]

    with pytest.raises(ValueError, match="100"):
        Wrong(node)


def _bind(api, node, annotation, widget):
    cls = api.parameterNodeWrapper(type("Bound", (), {"__annotations__": {"value": annotation}}))
    bound = cls(node)
    return bound, bound.connectParametersToGui({"value": widget})


def test_what_slicer_can_not_bind_is_refused(api, node):
    import ctk
    import qt

    for annotation, widget in (
        (float, qt.QSpinBox()),
        (int, qt.QLineEdit()),
        (bool, qt.QToolButton()),
        (bool, qt.QRadioButton()),
        (float, ctk.ctkSliderWidget()),
        (str, qt.QComboBox()),
        (str, qt.QPlainTextEdit()),
    ):
        with pytest.raises(RuntimeError):
            _bind(api, node, annotation, widget)


def test_bindings_follow_both_ways_until_cut(api, node):
    import ctk

    widget = ctk.ctkRangeWidget()
    bound, tag = _bind(
        api, node, Annotated[api.FloatRange, api.RangeBounds(0, 3000), api.Default(api.FloatRange(10, 20))], widget
    )
    assert (widget.minimumValue, widget.maximumValue) == (10, 20)
    widget.setValues(100, 620)
    assert (bound.value.minimum, bound.value.maximum) == (100, 620)
    bound.value.maximum = 700
    assert widget.maximumValue == 700
    bound.disconnectGui(tag)
    widget.setValues(1, 2)
    assert bound.value.maximum == 700


def test_paths_and_choices_bind(api, node):
    import ctk
    import qt

    line = ctk.ctkPathLineEdit()
    bound, _ = _bind(api, node, pathlib.Path, line)
    line.currentPath = "/data"
    assert bound.value == pathlib.Path("/data")
    box, other = qt.QComboBox(), slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    bound, _ = _bind(api, other, Annotated[int, api.Choice([0, 5, 7])], box)
    box.currentIndex = 2
    assert (box.count, bound.value) == (3, 7)
