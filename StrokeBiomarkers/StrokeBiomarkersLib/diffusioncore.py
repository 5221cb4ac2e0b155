"""The reading of an infarct core on diffusion MR: proposal, candidates one by one, strokes, record. No widget."""

from collections.abc import Callable

import numpy as np
import slicer
import vtk

from strokequant.batch.core_case import measure_core
from strokequant.batch.select import b_values, select_core_inputs
from strokequant.biomarkers.reader_edit import with_reader_core
from strokequant.types import Candidate, CaseRecord, Mask, Role

from .candidates import isAccepted, setAccepted
from .editstate import EditState
from .livevolume import LiveVolume, liveVolume
from .offers import Offer, offersOf
from .readeredits import unionOf
from .reading import Reading
from .segmentations import replaceVoxels
from .strokes import keepRemoved, keptEdits
from .waits import Wait

CORE = "infarct_core"
PARTS = ("dwi", "trace", "adc")
ERASED = "infarct_core erased"


class DiffusionCore(Reading):
    """Reading of one infarct core."""

    module = "StrokeDiffusionCore"
    structure = CORE
    meaning = "infarct core read and confirmed"
    roles = (Role.DWI, Role.ADC)
    stages = ("audit", "read", "align", "adc", "brain", "core", "interval", "measures")

    def measure(self, stage: Callable[[str], None]) -> CaseRecord:
        """Measure `case`."""
        return measure_core(self.case, settings=self.settings, chosen=self.chosen, skipped=self._skipped, stage=stage)

    def offers(self) -> tuple[Offer, ...]:
        """Series of the case; the detail is b in s/mm2."""
        if self.case is None:
            return ()
        inputs = select_core_inputs(self.case.series, self.audits, chosen=self.chosen, config=self.settings.adc)
        used = {getattr(inputs, part).key: part for part in PARTS if getattr(inputs, part) is not None}
        details = {one.key: _bText(sorted(b_values(one))) for one in self.case.series}
        return offersOf(self.case.series, self.audits, used, roles=self.roles, details=details)

    def inputsWait(self) -> Wait:
        """ "series", "diffusion", or nothing."""
        inputs = select_core_inputs(self.case.series, self.audits, chosen=self.chosen, config=self.settings.adc)
        if inputs.dwi or (inputs.adc and inputs.trace):
            return Wait()
        blocking = tuple(dict.fromkeys(issue for issue in inputs.issues if issue.blocks))
        return Wait("series", blocking) if blocking else Wait("diffusion")

    # Candidates

    def candidates(self) -> tuple[Candidate, ...]:
        """Candidates in order of size, as proposed."""
        return self.record.core.candidates if self.isMeasured() else ()

    def decisions(self) -> dict[int, bool]:
        """Decision by the label of a candidate."""
        node = self.segmentation()
        return {c.label: isAccepted(node, c.label) for c in self.candidates()}

    def setAccepted(self, label: int, accepted: bool) -> None:
        """Take a candidate into the core or leave it out; strokes of the reader stay."""
        node, labels = self.segmentation(), self.record.core.labels
        edits = keptEdits(node, labels.shape).seenIn(self.mask().values, unionOf(labels, self.decisions()))
        setAccepted(node, label, accepted)
        keepRemoved(node, edits.removed)
        values = edits.on(unionOf(labels, self.decisions()))
        core = self.record.core.mask
        replaceVoxels(node, CORE, Mask(values, core.geometry, core.name, core.method))

    def editState(self) -> EditState:
        """Decisions, the core, and what was erased from candidates."""
        labels, mask = self.record.core.labels, self.mask().values
        edits = keptEdits(self.segmentation(), labels.shape).seenIn(mask, unionOf(labels, self.decisions()))
        decisions = {str(label): accepted for label, accepted in sorted(self.decisions().items())}
        return EditState({"decisions": decisions}, {CORE: mask, ERASED: edits.removed})

    def restoreEdits(self, state: EditState) -> None:
        """Put decisions and strokes back."""
        node, core = self.segmentation(), self.record.core.mask
        for label, accepted in state.said["decisions"].items():
            setAccepted(node, int(label), accepted)
        keepRemoved(node, state.voxels.get(ERASED, np.zeros(core.values.shape, bool)))
        replaceVoxels(node, CORE, Mask(state.voxels[CORE], core.geometry, core.name, core.method))

    def pointOf(self, label: int) -> tuple[float, float, float]:
        """RAS mm of the voxel of a candidate that is nearest to its middle, as the views show it."""
        index = np.argwhere(self.record.core.labels == label)
        nearest = index[np.argmin(((index - index.mean(axis=0)) ** 2).sum(axis=1))]
        toRas = slicer.util.arrayFromVTKMatrix(_ijkToRas(self.hostImage()))
        return tuple(float(x) for x in (toRas @ [*nearest[::-1], 1.0])[:3])

    # Numbers

    def live(self) -> LiveVolume:
        """Volume and interval of the core as it is now: those that would be written."""
        mask = self.mask()
        if np.array_equal(mask.values, self.record.core.mask.values):
            volume = next(m for m in self.record.measurements if m.id == "infarct_core_volume")
            return LiveVolume(volume.value, volume.lower, volume.upper)
        return liveVolume(mask, self.settings.measure)

    def readerRecord(self, reader: str) -> CaseRecord:
        """The record with the core as it is now, not signed yet."""
        settings = self.settings
        return with_reader_core(
            self.record, self.mask(reader), self.decisions(), config=settings.measure, core_config=settings.core
        )


def _bText(values) -> str:
    return ", ".join(f"{b:g}" for b in values[:4]) + (" ..." if len(values) > 4 else "")


def _ijkToRas(volumeNode):
    matrix = vtk.vtkMatrix4x4()
    volumeNode.GetIJKToRASMatrix(matrix)
    return matrix
