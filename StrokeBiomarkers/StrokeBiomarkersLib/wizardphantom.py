"""A guided phantom session: the person states what only a person can say and measures in the module; the procedure keeps it and signs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import qt

from strokequant.dicomio.audit import audit_series
from strokequant.phantom_types import PhantomRecord
from strokequant.types import Frame, GeometryAudit, Measurement, Series, Status

from .editstate import EditState
from .reading import Progress, silent
from .wizard import NON_DIAGNOSTIC, Wizard

PHANTOM = "phantom"
LOOK_MS = 500
"""Between two looks at what was stated and dragged: nothing older than a second is lost."""


class PhantomWizard(Wizard):
    """One guided session; its record is that of the module, and none before somebody has measured."""

    def __init__(self, *args: Any, **how: Any):
        super().__init__(*args, **how)
        self._audits: dict[str, GeometryAudit] = {}

    def openCase(self, progress: Progress = silent) -> None:
        """Read the headers of the session, then do again what was stated and measured before.

        Raises:
            StrokeQuantError: nothing can be read.
        """
        self._openImages(self.core, progress)
        self.core.name = self.item.id
        self._audits = {series.key: audit_series(oneRepeat(series)) for series in self.core.series}
        self._replay()

    @property
    def isOpen(self) -> bool:
        """True once the images were opened."""
        return bool(self.core.series)

    def record(self) -> PhantomRecord | None:
        """The session as it was measured and judged last."""
        return self.core.record

    def ofCase(self) -> dict[str, Any]:
        """Geometry of the series that are measured."""
        return {"audits": {key: audit for key, audit in self._audits.items() if key in self.core.used}}

    def measurements(self) -> tuple[Measurement, ...]:
        """None: the numbers of a session stand beside their limits in the module."""
        return ()

    def shown(self, text: str) -> str:
        """A phantom is no patient: as it is."""
        return text

    def derived(self, record: PhantomRecord | None) -> dict[str, Any]:
        """Whether there is something to sign."""
        if self.answers.get("evaluability") == NON_DIAGNOSTIC:
            return {"result_status": str(Status.NOT_EVALUABLE)}
        return {"result_status": str(Status.MEASURED if record is not None else Status.MISSING)}

    def _isEditable(self) -> bool:
        return self.isOpen

    def _editState(self) -> EditState:
        core = self.core
        said = {
            "phantom": core.phantom.id if core.phantom is not None else "",
            "facts": {name: _plain(value) for name, value in core.facts._asdict().items()},
            "criteria": list(core.criteria),
            "used": sorted(core.used),
            "measured": core.isMeasured(),
            "places": {label: list(point) for label, point in sorted(core.places.items())},
        }
        return EditState(said)

    def _restore(self, state: EditState) -> None:
        core, said = self.core, state.said
        if said["phantom"] in core.phantoms():
            core.choosePhantom(said["phantom"])
        facts = {name: tuple(value) if isinstance(value, list) else value for name, value in said["facts"].items()}
        core.facts = core.facts._replace(**facts)
        core.criteria, core.used = tuple(said["criteria"]), set(said["used"])
        if said["measured"] and not core.computeWaits():
            core.compute()
            if said["places"]:
                core.place({label: tuple(point) for label, point in said["places"].items()})


class PhantomGuide:
    """The panel of the phantom module in the hands of a procedure: what `ReadingPanel` offers, from outside.

    Args:
        panel: of the module.
    """

    def __init__(self, panel: Any):
        self._panel, self.core, self.views = panel, panel.core, panel.views
        self.followers: list[Callable[[], None]] = []
        self.disposers: list[Callable[[], None]] = panel.disposers
        self._seen = ""
        self._timer = qt.QTimer()
        self._timer.interval = LOOK_MS
        self._timer.connect("timeout()", self._look)

    def guide(self, guided: bool) -> None:
        """Choose and sign nothing here; a procedure does."""
        ui = self._panel.ui
        ui.inputsBox.visible = ui.recordBox.visible = not guided
        (self._timer.start if guided else self._timer.stop)()

    def showCase(self) -> None:
        """Fields, images and regions as the session has them."""
        panel, core, ui = self._panel, self.core, self._panel.ui
        name, facts, criteria = core.phantom.id if core.phantom is not None else "", core.facts, core.criteria
        panel._opened(lambda progress: None)
        if name:
            panel.form.choose(name)
        ui.serialEdit.text = facts.serial
        ui.temperatureEdit.text = "" if facts.temperature_c is None else f"{facts.temperature_c:g}"
        ui.defectsEdit.text = "; ".join(facts.observations)
        ui.unknownBox.checked = facts.isUnknown
        core.facts, core.criteria = facts, criteria or core.criteria
        if core.isMeasured():
            self.views.showSession(core.scene.images, core.scene.regions)
            panel._watch()
        panel.refresh()

    def freeze(self, frozen: bool) -> None:
        """What is submitted or signed cannot be changed."""
        for box in (self._panel.ui.phantomBox, self._panel.ui.regionsBox, self._panel.ui.computeButton):
            box.enabled = not frozen

    def letGo(self, *, forget: bool) -> None:
        """Let go of the session."""
        self._timer.stop()
        self._panel.points.stop()
        if forget:
            self.core.forget()
        self.core.close()
        self._panel.refresh()

    def stageText(self, stage: str) -> str:
        """What is being done: the words of the program, which are the same in all languages here."""
        return stage

    def _look(self) -> None:
        """Tell the followers where something has changed since."""
        core = self.core
        now = repr((core.phantom, core.facts, core.criteria, sorted(core.used), core.places, id(core.record)))
        if now != self._seen:
            self._seen = now
            for follower in tuple(self.followers):
                follower()


def oneRepeat(series: Series) -> Series:
    """One image of every slice, where all b values, directions and echoes have the same slices: a phantom is scanned several times on purpose.

    Where one of them lacks a slice, the series as it is.
    """
    groups: dict[Any, dict[Any, Frame]] = {}
    for frame in series.frames:
        key = frame.b_value, frame.direction, frame.image_type, frame.extra.get("echo_time_ms")
        groups.setdefault(key, {}).setdefault(frame.position, frame)
    kinds = list(groups.values())
    if len({frozenset(one) for one in kinds}) != 1:
        return series
    return replace(series, frames=tuple(kinds[0].values()))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
