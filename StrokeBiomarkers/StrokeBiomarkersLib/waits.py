"""What a step of the reading waits for: a key that the screen puts into words, and details in the words of the library."""

from typing import NamedTuple

from strokequant.batch.select import select_core_inputs
from strokequant.errors import Issue

from .diffusioncore import DiffusionCore, outputProblem


class Wait(NamedTuple):
    """Why a step cannot be taken; an empty key means that it can."""

    key: str = ""
    issues: tuple[Issue, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.key)


def computeWaits(core: DiffusionCore) -> Wait:
    """Why the open case cannot be measured: "case", "refused", "series", "diffusion", or nothing."""
    if core.case is None:
        return Wait("case")
    refused = tuple(issue for issue in core.case.issues if issue.blocks)
    if refused:
        return Wait("refused", refused)
    inputs = select_core_inputs(core.case.series, core.audits, chosen=core.chosen, config=core.settings.adc)
    if inputs.dwi or (inputs.adc and inputs.trace):
        return Wait()
    blocking = tuple(dict.fromkeys(issue for issue in inputs.issues if issue.blocks))
    return Wait("series", blocking) if blocking else Wait("diffusion")


def writeWaits(core: DiffusionCore, *, reader: str, out: str, volume: float | None, zeroConfirmed: bool) -> Wait:
    """Why the record cannot be signed: "measured", "unreadable", "reader", "zero", "output", "outputFile", "outputReadOnly", or nothing.

    Args:
        core: the reading.
        reader: code of the reader.
        out: output folder.
        volume: core as it is now in mL, None where it cannot be read.
        zeroConfirmed: the reader says that there is no core.
    """
    if not core.isMeasured():
        return Wait("measured")
    if volume is None:
        return Wait("unreadable")
    if not reader.strip():
        return Wait("reader")
    if volume == 0 and not zeroConfirmed:
        return Wait("zero")
    keys = {"": "", "missing": "output", "file": "outputFile", "read-only": "outputReadOnly"}
    return Wait(keys[outputProblem(out)])
