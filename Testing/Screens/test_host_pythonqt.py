"""Qt in the manners of PythonQt: what it allows works, what it refuses is refused."""

import functools

import pytest


@pytest.fixture
def qt(host):
    import qt

    yield qt


@pytest.fixture
def ctk(host):
    import ctk

    yield ctk


def test_properties_are_attributes(qt):
    button = qt.QPushButton("go")
    button.enabled = False
    button.toolTip = "wait"
    assert (button.text, button.isEnabled(), button.toolTip) == ("go", False, "wait")
    with pytest.raises(TypeError):
        button.text()


def test_typos_and_overwriting_are_refused(qt, ctk):
    button, slider = qt.QPushButton(), ctk.ctkSliderWidget()
    for widget, name in ((button, "enable"), (slider, "maximumValue"), (button, "tooltip")):
        with pytest.raises(AttributeError, match="creating new attributes"):
            setattr(widget, name, 1)
    with pytest.raises(AttributeError, match="Slot 'setText' can not be overwritten"):
        button.setText = "go"
    with pytest.raises(AttributeError, match="Signal 'clicked' can not be overwritten"):
        button.clicked = print
    with pytest.raises(AttributeError):
        _ = button.tooltip


def test_a_read_only_property_is_refused(qt):
    with pytest.raises(AttributeError, match="not writable"):
        qt.QProgressDialog().wasCanceled = True


def test_classes_derived_in_python_take_attributes(qt):
    class Mine(qt.QWidget):
        pass

    widget = Mine()
    widget.anything = 3
    assert widget.anything == 3


def test_what_pythonqt_lacks_is_not_there(qt):
    assert not any(hasattr(qt, name) for name in ("Signal", "Slot", "Property"))


def test_setters_that_are_no_slots_are_not_there(ctk, host):
    slider, selector = ctk.ctkSliderWidget(), host.slicer.qMRMLNodeComboBox()
    assert not hasattr(slider, "setMinimum") and not hasattr(selector, "setNodeTypes")
    assert not hasattr(selector, "addItem"), "a node selector is no QComboBox"


def test_connections(qt):
    button, seen = qt.QPushButton(), []
    button.checkable = True

    def plain():
        seen.append("plain")

    def one(checked):
        seen.append(checked)

    button.connect("clicked(bool)", plain)
    button.connect("clicked(bool)", one)
    button.clicked.connect(lambda: seen.append("new style"))
    button.click()
    assert seen == ["plain", True, "new style"]
    assert button.disconnect("clicked(bool)", plain) and not button.disconnect("clicked(bool)", plain)
    button.click()
    assert seen[3:] == [False, "new style"]


@pytest.mark.parametrize("signature", ["click(bool)", "clicked", "clicked(int)", "valueChanged(double)"])
def test_unknown_signals_are_refused(qt, signature):
    with pytest.raises(ValueError, match="signal"):
        qt.QPushButton().connect(signature, print)


def test_a_default_argument_is_overwritten(qt):
    seen = []
    button = qt.QPushButton()
    button.connect("clicked(bool)", lambda name="core": seen.append(name))
    button.click()
    assert seen == [False], "as in PythonQt: the signal's argument takes the place"


def test_a_partial_gets_all_arguments(qt, host):
    button = qt.QPushButton()
    button.connect("clicked(bool)", functools.partial(lambda name: None, "core"))
    with host.errors.expected(TypeError):
        button.click()


def test_modal_dialogs_are_recorded_and_answered(qt, host):
    util = host.slicer.util
    util.infoDisplay("done")
    host.answers.append(qt.QMessageBox.Yes)
    assert util.confirmYesNoDisplay("zero?") is True
    assert [(one.text, one.answer) for one in host.dialogs] == [
        ("done", qt.QMessageBox.Ok),
        ("zero?", qt.QMessageBox.Yes),
    ]
    with pytest.raises(RuntimeError, match="would wait for a person"):
        util.confirmYesNoDisplay("again?")
    host.answers.append("/data")
    assert qt.QFileDialog.getExistingDirectory(None, "where") == "/data"


def test_progress_dialogs_do_not_block(qt, host):
    progress = host.slicer.util.createProgressDialog(labelText="reading", maximum=10)
    progress.value = 4
    assert (progress.value, progress.labelText, progress.wasCanceled) == (4, "reading", False)
    progress.cancel()
    assert progress.wasCanceled
    progress.close()


def test_range_and_path_widgets(ctk, tmp_path):
    ranges, seen = ctk.ctkRangeWidget(), []
    ranges.connect("valuesChanged(double,double)", lambda low, high: seen.append((low, high)))
    ranges.setRange(0, 3000)
    ranges.setValues(200, 620)
    ranges.minimumValue = 700
    assert seen == [(200, 620), (700, 700)]
    path = ctk.ctkPathLineEdit()
    path.connect("currentPathChanged(QString)", seen.append)
    path.currentPath = str(tmp_path)
    assert seen[-1] == str(tmp_path)


def test_ui_files_with_unknown_things_are_refused(host, tmp_path):
    frame = '<ui version="4.0"><widget class="qMRMLWidget" name="root"><layout class="QVBoxLayout" name="l"><item>{}</item></layout></widget>{}</ui>'
    link = "<connections><connection><sender>root</sender><signal>mrmlSceneChanged(vtkMRMLScene*)</signal><receiver>x</receiver><slot>setMRMLScene(vtkMRMLScene*)</slot></connection></connections>"
    cases = {
        frame.format('<widget class="qMRMLPlotView" name="x"/>', ""): "no stand-in for qMRMLPlotView",
        frame.format(
            '<widget class="ctkSliderWidget" name="x"><property name="maximun"><double>1</double></property></widget>',
            "",
        ): "maximun",
        frame.format('<widget class="QLabel" name="y"/>', link): "names 'x'",
    }
    for text, message in cases.items():
        path = tmp_path / "case.ui"
        path.write_text(text)
        with pytest.raises((NotImplementedError, ValueError), match=message):
            host.slicer.util.loadUI(str(path))
