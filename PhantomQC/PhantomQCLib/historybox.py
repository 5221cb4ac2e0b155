"""The history in the panel: its file, scanners, control charts, fleet, events, export. Computes nothing."""

from datetime import date
from pathlib import Path

from slicer.i18n import tr as _

from StrokeBiomarkersLib.waits import Wait
from strokequant.phantom.metrics import PHANTOM_METRICS

from .phantomhistory import PhantomHistory
from .phantomtables import FleetTable
from .phantomtexts import numberText, scannerText, signalsText
from .phantomviews import CUSUM, SHEWHART
from .trendcharts import SESSION, TrendPlot, cusumLines, shewhartLines


class HistoryBox:
    """Widgets of the history.

    Args:
        ui: widgets of the .ui file by name.
        history: that is shown.
        panel: has `attempt`, `run`, `mustWait`, `ensure`, `showButton` and `refresh`.
    """

    def __init__(self, ui, history: PhantomHistory, panel):
        self._ui, self.history, self._panel = ui, history, panel
        self.fleet = FleetTable(ui.fleetBox.layout(), self.choose)
        self.shewhart, self.cusum = TrendPlot("Shewhart", SHEWHART), TrendPlot("CUSUM", CUSUM)
        self.scanner, self.number = "", ()
        self._scanners, self._numbers, self._isFilling = (), (), False
        ui.historyPath.connect("currentPathChanged(QString)", lambda *ignored: self.onHistory())
        ui.scannerCombo.connect("currentIndexChanged(int)", self.onScannerIndex)
        ui.numberCombo.connect("currentIndexChanged(int)", self.onNumberIndex)
        ui.eventButton.connect("clicked(bool)", lambda *ignored: self.onEvent())
        ui.exportButton.connect("clicked(bool)", lambda *ignored: self.onExport())
        for edit in (ui.readerEdit, ui.eventEdit, ui.eventDateEdit):
            edit.connect("textChanged(QString)", lambda *ignored: self.showButtons())

    def forget(self) -> None:
        """The scene is cleared: let go of its nodes."""
        self.shewhart.forget()
        self.cusum.forget()

    def remove(self) -> None:
        """Take the charts from the scene."""
        self.shewhart.remove()
        self.cusum.remove()

    def showButtons(self) -> None:
        """What can be done now."""
        ui = self._ui
        self._panel.showButton(ui.eventButton, self._eventWait(), _("Enter the event in the history"))
        ready = _("Tables and a page of all scanners into the output folder")
        self._panel.showButton(ui.exportButton, self._exportWait(), ready)

    def onHistory(self) -> None:
        """Another history file was chosen."""
        path = self._ui.historyPath.currentPath.strip()
        if not path or path == ".":
            self.history.open("")
        elif Path(path).is_file():
            self._panel.attempt(lambda: self.history.open(path) or True)
        elif not Path(path).exists():
            self.history.open("")
        self.show()
        self._panel.refresh()

    def onScannerIndex(self, index: int) -> None:
        """A scanner was chosen in the list."""
        if not self._isFilling and 0 <= index < len(self._scanners):
            self.choose(self._scanners[index])

    def onNumberIndex(self, index: int) -> None:
        """A number was chosen in the list."""
        if not self._isFilling and 0 <= index < len(self._numbers):
            self.number = self._numbers[index]
            self.show()

    def onEvent(self) -> None:
        """Enter what happened to the scanner."""
        ui = self._ui
        if self._panel.mustWait(self._eventWait()):
            return
        facts = (self.scanner, ui.eventDateEdit.text.strip(), ui.eventEdit.text.strip(), ui.readerEdit.text.strip())
        if self._panel.run(lambda progress: self.history.addEvent(*facts)):
            ui.eventEdit.text = ""
            self.show()
            self._panel.refresh()

    def onExport(self) -> None:
        """Write tables and the page of all scanners."""
        if self._panel.mustWait(self._exportWait()) or not self._panel.ensure():
            return
        out, written = Path(self._ui.outputPath.currentPath.strip()), []
        if self._panel.run(lambda progress: written.append(self.history.export(out / "scanners"))) and written:
            self._ui.resultLabel.text = _("Written to {folder}").format(folder=written[0].parent)

    def show(self) -> None:
        """Scanners, charts and fleet of the history as it is now; one that cannot be read any more is let go of."""
        if not self._panel.attempt(lambda: self._show() or True):
            self.history.open("")
            self._show()

    def _show(self) -> None:
        history, ui = self.history, self._ui
        keys = history.scanners()
        if self.scanner not in keys:
            self.scanner = keys[0] if keys else ""
        numbers = history.numbers(self.scanner)
        if self.number not in numbers:
            self.number = numbers[0] if numbers else ()
        self._scanners, self._numbers, self._isFilling = keys, numbers, True
        fillCombo(ui.scannerCombo, [scannerText(key) for key in keys], keys.index(self.scanner) if keys else -1)
        at = numbers.index(self.number) if numbers else -1
        fillCombo(ui.numberCombo, [numberText(*number) for number in numbers], at)
        self._isFilling = False
        chart = history.chart(self.scanner, self.number)
        self._showCharts(chart)
        ui.signalsLabel.text = signalsText(chart)
        ui.historyLabel.text = self._historyText()
        self._showFleet()

    def _showCharts(self, chart) -> None:
        if chart is None or not chart.points:
            self.shewhart.show([], "", "", "")
            self.cusum.show([], "", "", "")
            return
        title = f"{scannerText(chart.scanner)}: {numberText(*chart.number)}"
        ends = f"{SESSION} ({chart.points[0].date} - {chart.points[-1].date})"
        unit = PHANTOM_METRICS[chart.metric].unit_text
        name = f"{numberText(*chart.number)} ({unit})" if unit else numberText(*chart.number)
        self.shewhart.show(shewhartLines(chart), title, ends, name)
        self.cusum.show(cusumLines(chart), title, ends, "CUSUM (sigma)")

    def _showFleet(self) -> None:
        history = self.history
        compared = history.compare(self.number)
        decimals = PHANTOM_METRICS[self.number[0]].decimals if self.number else 0
        members = [m for m in compared.members if m.mean is not None] if compared is not None else []
        means = {m.scanner: f"{m.mean:.{decimals}f}" for m in members}
        lines = history.lines(self.number, date.today()) if self.number else ()
        self.fleet.show(lines, means, {m.scanner for m in members if m.apart})

    def _historyText(self) -> str:
        path = self.path()
        if not path:
            return _("No history is chosen")
        if not self.history.isOpen():
            return _("A new history is made when the first session is signed")
        problems = self.history.problems()
        return "\n".join(problems) if problems else _("Nothing was changed behind the back of the history")

    def choose(self, key: str) -> None:
        """Show the charts of this scanner."""
        self.scanner = key
        self.show()
        self.showButtons()

    def path(self) -> str:
        """Path that is chosen; empty for none."""
        path = self._ui.historyPath.currentPath.strip()
        return "" if path == "." else path

    def _eventWait(self) -> Wait:
        if not self.history.isOpen():
            return Wait("history")
        if not self.scanner:
            return Wait("scanner")
        try:
            date.fromisoformat(self._ui.eventDateEdit.text.strip())
        except ValueError:
            return Wait("event")
        return Wait() if self._ui.eventEdit.text.strip() else Wait("event")

    def _exportWait(self) -> Wait:
        if not self.history.isOpen():
            return Wait("history")
        path = self._ui.outputPath.currentPath.strip()
        return Wait() if path and path != "." else Wait("output")


def fillCombo(box, words, at: int) -> None:
    """Fill a list without telling that it was changed."""
    wasBlocked = box.blockSignals(True)
    box.clear()
    for text in words:
        box.addItem(text)
    box.setCurrentIndex(at)
    box.blockSignals(wasBlocked)
