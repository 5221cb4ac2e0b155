"""ctk widgets: collapsible sections, sliders, ranges, paths, and the small ones that only differ in their name."""

import os

from PySide6 import QtCore, QtWidgets
from PySide6.QtCore import Property, Signal

from host.widgets.base import stored


class ctkCollapsibleButton(QtWidgets.QAbstractButton):
    """A titled area that folds away: a button that contains what it opens."""

    contentsCollapsed = Signal(bool)
    _TITLE = 24

    def __init__(self, *args):
        """Take (), (parent), (text) or (text, parent)."""
        super().__init__(next((a for a in args if isinstance(a, QtWidgets.QWidget)), None))
        self._collapsed = False
        self.setText(next((a for a in args if isinstance(a, str)), ""))
        self.setCheckable(True)
        self.setChecked(True)
        self.setContentsMargins(0, self._TITLE, 0, 0)
        self.toggled.connect(lambda on: self._setCollapsed(not on))

    def _setCollapsed(self, collapsed):
        if bool(collapsed) == self._collapsed:
            return
        self._collapsed = bool(collapsed)
        self.setChecked(not self._collapsed)
        self._showContents()
        self.setMaximumHeight(self._TITLE + 2 if self._collapsed else 16777215)
        self.contentsCollapsed.emit(self._collapsed)

    def _showContents(self):
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                child.setVisible(not self._collapsed)

    def sizeHint(self):
        return self._size("totalSizeHint")

    def minimumSizeHint(self):
        return self._size("totalMinimumSize")

    def _size(self, method):
        """Return the size of what is inside, under the title."""
        inner = getattr(self.layout(), method)() if self.layout() and not self._collapsed else QtCore.QSize(120, 0)
        return QtCore.QSize(inner.width(), max(inner.height(), self._TITLE + 2))

    def showEvent(self, event):
        """Hide children that a .ui file added after `collapsed` was set."""
        if self._collapsed:
            self._showContents()

    def paintEvent(self, event):
        """Draw the title as a flat button with an arrow."""
        painter = QtWidgets.QStylePainter(self)
        option = QtWidgets.QStyleOption()
        option.initFrom(self)
        option.rect = QtCore.QRect(0, 0, self.width, self._TITLE)
        painter.drawPrimitive(QtWidgets.QStyle.PE_PanelButtonTool, option)
        painter.drawText(option.rect.adjusted(22, 0, 0, 0), QtCore.Qt.AlignVCenter, self.text)
        option.rect = QtCore.QRect(6, 6, 12, 12)
        arrow = QtWidgets.QStyle.PE_IndicatorArrowRight if self._collapsed else QtWidgets.QStyle.PE_IndicatorArrowDown
        painter.drawPrimitive(arrow, option)

    def hitButton(self, position):
        """React to clicks on the title only."""
        return position.y() <= self._TITLE

    collapsed = Property(bool, lambda self: self._collapsed, _setCollapsed)
    collapsedHeight = stored(int, "collapsedHeight", 10)
    flat = stored(bool, "flat", False)
    contentsFrameShape = stored(int, "contentsFrameShape", 0)
    contentsFrameShadow = stored(int, "contentsFrameShadow", 0)
    contentsLineWidth = stored(int, "contentsLineWidth", 1)
    contentsMidLineWidth = stored(int, "contentsMidLineWidth", 0)


def _forwarded(qtype, name, box="_box"):
    """Return a property that lives in the spin box inside."""

    def write(self, value):
        getattr(getattr(self, box), "set" + name[0].upper() + name[1:])(value)
        self._moveSlider()

    return Property(qtype, lambda self: getattr(getattr(self, box), name), write)


class ctkSliderWidget(QtWidgets.QWidget):
    """A slider and a spin box for one number."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)
    decimalsChanged = Signal(int)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._slider = QtWidgets.QSlider(QtCore.Qt.Horizontal)
        self._box = QtWidgets.QDoubleSpinBox()
        layout.addWidget(self._slider)
        layout.addWidget(self._box)
        self._moveSlider()
        self._box.valueChanged.connect(self._onBoxChanged)
        self._slider.valueChanged.connect(lambda step: self._box.setValue(self._box.minimum + step * self._step()))

    def setValue(self, value):
        """Set the number."""
        self._box.setValue(value)

    def setDecimals(self, decimals):
        """Set how many decimals are kept."""
        self._box.setDecimals(decimals)
        self._moveSlider()
        self.decimalsChanged.emit(decimals)

    def setSpinBoxVisible(self, visible):
        """Show or hide the spin box."""
        self._box.setVisible(visible)

    def reset(self):
        """Go back to zero, or the nearest limit."""
        self._box.setValue(0)

    def _step(self):
        return self._box.singleStep or 1.0

    def _moveSlider(self):
        low, high, step = self._box.minimum, self._box.maximum, self._step()
        span = high - low
        self._slider.blockSignals(True)
        self._slider.setRange(0, round(span / step) if abs(span) < 1e9 else 0)
        self._slider.setValue(round((self._box.value - low) / step) if abs(span) < 1e9 else 0)
        self._slider.blockSignals(False)

    def _onBoxChanged(self, value):
        self._moveSlider()
        self.valueIsChanging.emit(value)
        self.valueChanged.emit(value)

    value = Property(float, lambda self: self._box.value, setValue)
    decimals = Property(int, lambda self: self._box.decimals, setDecimals)
    spinBoxVisible = Property(bool, lambda self: not self._box.isHidden(), setSpinBoxVisible)
    minimum = _forwarded(float, "minimum")
    maximum = _forwarded(float, "maximum")
    singleStep = _forwarded(float, "singleStep")
    suffix = _forwarded(str, "suffix")
    prefix = _forwarded(str, "prefix")
    tracking = stored(bool, "tracking", True)
    pageStep = stored(float, "pageStep", 10.0)
    tickInterval = stored(float, "tickInterval", 0.0)
    popupSlider = stored(bool, "popupSlider", False)
    invertedAppearance = stored(bool, "invertedAppearance", False)
    invertedControls = stored(bool, "invertedControls", False)


class ctkRangeWidget(QtWidgets.QWidget):
    """Two spin boxes for a range; the slider between them is not drawn."""

    minimumValueChanged = Signal(float)
    maximumValueChanged = Signal(float)
    valuesChanged = Signal(float, float)
    rangeChanged = Signal(float, float)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._low, self._high = QtWidgets.QDoubleSpinBox(), QtWidgets.QDoubleSpinBox()
        for box in (self._low, self._high):
            layout.addWidget(box)
        self._high.setValue(99)
        self._low.valueChanged.connect(lambda value: self._onEdited(value, max(value, self._high.value)))
        self._high.valueChanged.connect(lambda value: self._onEdited(min(value, self._low.value), value))
        self._told = self._pair()

    def _pair(self):
        return (self._low.value, self._high.value)

    def _onEdited(self, low, high):
        for box, value in ((self._low, low), (self._high, high)):
            box.blockSignals(True)
            box.setValue(value)
            box.blockSignals(False)
        before, self._told = self._told, self._pair()
        if before == self._told:
            return
        if before[0] != self._told[0]:
            self.minimumValueChanged.emit(self._told[0])
        if before[1] != self._told[1]:
            self.maximumValueChanged.emit(self._told[1])
        self.valuesChanged.emit(*self._told)

    def setValues(self, low, high):
        """Set both ends."""
        self._onEdited(low, high)

    def setMinimumValue(self, value):
        """Set the lower end."""
        self._low.setValue(value)

    def setMaximumValue(self, value):
        """Set the upper end."""
        self._high.setValue(value)

    def setRange(self, low, high):
        """Set the limits."""
        for box in (self._low, self._high):
            box.setRange(low, high)
        self.rangeChanged.emit(low, high)

    def setDecimals(self, decimals):
        """Set how many decimals are kept."""
        for box in (self._low, self._high):
            box.setDecimals(decimals)

    def reset(self):
        """Go back to the limits."""
        self.setValues(self._low.minimum, self._high.maximum)

    def _setStep(self, step):
        for box in (self._low, self._high):
            box.setSingleStep(step)

    def _setSuffix(self, text):
        for box in (self._low, self._high):
            box.setSuffix(text)

    minimumValue = Property(float, lambda self: self._low.value, setMinimumValue)
    maximumValue = Property(float, lambda self: self._high.value, setMaximumValue)
    minimum = Property(float, lambda self: self._low.minimum, lambda self, v: self.setRange(v, self._low.maximum))
    maximum = Property(float, lambda self: self._low.maximum, lambda self, v: self.setRange(self._low.minimum, v))
    decimals = Property(int, lambda self: self._low.decimals, setDecimals)
    singleStep = Property(float, lambda self: self._low.singleStep, _setStep)
    suffix = Property(str, lambda self: self._low.suffix, _setSuffix)
    tracking = stored(bool, "tracking", True)


class ctkPathLineEdit(QtWidgets.QWidget):
    """A line for the path of a file or folder; its browse button asks through the recorded dialogs."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)
    # The bits of ctkPathLineEdit::Filter
    Dirs, Files, NoSymLinks, Readable, Writable, Executable = 1, 2, 8, 16, 32, 64

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._line, self._button = QtWidgets.QLineEdit(), QtWidgets.QToolButton()
        self._button.setText("...")
        layout.addWidget(self._line)
        layout.addWidget(self._button)
        self._valid = True
        self._line.textChanged.connect(self._onText)
        self._button.clicked.connect(self.browse)

    def _onText(self, text):
        valid = os.path.exists(text)
        if valid != self._valid:
            self._valid = valid
            self.validInputChanged.emit(valid)
        self.currentPathChanged.emit(text)

    def setCurrentPath(self, path):
        """Set the path."""
        self._line.setText(path)

    def browse(self):
        """Ask for a path."""
        ask = (
            QtWidgets.QFileDialog.getExistingDirectory
            if self.filters & self.Dirs
            else QtWidgets.QFileDialog.getOpenFileName
        )
        path = ask(self, "Select a path")
        if path:
            self._line.setText(path)

    def retrieveHistory(self):
        """Do nothing: no settings are kept."""

    def addCurrentPathToHistory(self):
        """Do nothing: no settings are kept."""

    currentPath = Property(str, lambda self: self._line.text, setCurrentPath)
    filters = stored(int, "filters", Files | NoSymLinks)
    nameFilters = stored("QStringList", "nameFilters", ())
    settingKey = stored(str, "settingKey", "")
    label = stored(str, "label", "")
    showBrowseButton = Property(bool, lambda s: not s._button.isHidden(), lambda s, on: s._button.setVisible(on))
    showHistoryButton = stored(bool, "showHistoryButton", True)


class ctkDirectoryButton(QtWidgets.QWidget):
    """A button that shows and asks for a folder."""

    directoryChanged = Signal(str)
    directorySelected = Signal(str)

    def __init__(self, parent=None):
        super().__init__(parent)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._path = "."
        self._button = QtWidgets.QPushButton()
        self._button.clicked.connect(self.browse)
        layout.addWidget(self._button)

    def _setDirectory(self, path):
        absolute = os.path.abspath(path)
        self.directorySelected.emit(absolute)
        if absolute != os.path.abspath(self._path):
            self._path = absolute
            self._button.setText(absolute)
            self.directoryChanged.emit(absolute)

    def browse(self):
        """Ask for a folder."""
        path = QtWidgets.QFileDialog.getExistingDirectory(self, self.caption)
        if path:
            self._setDirectory(path)
        return path

    directory = Property(str, lambda self: self._path, _setDirectory)
    caption = stored(str, "caption", "")
    text = Property(str, lambda self: self._button.text, lambda self, text: self._button.setText(text))


class ctkComboBox(QtWidgets.QComboBox):
    """A combo box with a text for "nothing chosen"."""

    defaultText = stored(str, "defaultText", "")
    forceDefault = stored(bool, "forceDefault", False)
    scrollWheelEffect = stored(int, "scrollWheelEffect", 0)

    def setCurrentUserDataAsString(self, data):
        """Select the entry with that user data."""
        self.setCurrentIndex(self.findData(data))

    currentUserDataAsString = Property(str, lambda self: str(self.currentData() or ""), setCurrentUserDataAsString)


class ctkMessageBox(QtWidgets.QMessageBox):
    """A message box with "Don't show again"."""

    dontShowAgainSettingsKey = stored(str, "dontShowAgainSettingsKey", "")
    dontShowAgainVisible = stored(bool, "dontShowAgainVisible", False)
    dontShowAgain = stored(bool, "dontShowAgain", False)


class ctkCheckBox(QtWidgets.QCheckBox):
    """A check box."""


class ctkDoubleSpinBox(QtWidgets.QDoubleSpinBox):
    """A spin box."""


class ctkCollapsibleGroupBox(QtWidgets.QGroupBox):
    """A group box that folds away when it is unchecked."""

    def __init__(self, *args):
        super().__init__(*args)
        self.setCheckable(True)
        self.setChecked(True)
        self.toggled.connect(self._show)

    def _show(self, shown):
        for child in self.children():
            if isinstance(child, QtWidgets.QWidget):
                child.setVisible(shown)

    collapsed = Property(bool, lambda self: not self.checked, lambda self, on: self.setChecked(not on))


class ctkExpandableWidget(QtWidgets.QFrame):
    """A frame whose size a person can change."""


CLASSES = (
    ctkCollapsibleButton,
    ctkSliderWidget,
    ctkRangeWidget,
    ctkPathLineEdit,
    ctkDirectoryButton,
    ctkComboBox,
    ctkMessageBox,
    ctkCheckBox,
    ctkDoubleSpinBox,
    ctkCollapsibleGroupBox,
    ctkExpandableWidget,
)
