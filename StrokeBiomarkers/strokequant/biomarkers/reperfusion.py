"""Reperfusion: how much of the hypoperfusion at baseline is gone at follow-up, and the classes of the trials.

`1 - V(Tmax > 6 s, follow-up) / V(Tmax > 6 s, baseline)`; undefined where there was none at baseline. Classes are decided in integer
microliters: exactly 50 % is no reperfusion of DEFUSE 2, exactly 10 and 90 % are in the middle class of DEFUSE 3.
"""

from collections.abc import Sequence

from ..errors import Issue, Level
from ..segmentation.cleanup import microliters
from ..types import Measurement, Status
from .catalog import measure

MEASURE = "hypoperfusion_6s_reperfusion"
VOLUME = "hypoperfusion_6s_volume"


def reperfusion_measurement(baseline: Sequence[Measurement], followup: Sequence[Measurement]) -> Measurement:
    """Reperfusion index of two time points of one case.

    Args:
        baseline, followup: measurements of the two, each with the volume of Tmax > 6 s by the same definitions.

    Returns:
        Negative where hypoperfusion grew; not evaluable (L08) where there was none at baseline, missing where a volume is.
    """
    before, after = (next((m for m in part if m.id == VOLUME), None) for part in (baseline, followup))
    unit = measure(MEASURE).unit
    if before is None or after is None or before.value is None or after.value is None:
        return Measurement(MEASURE, None, unit, Status.MISSING, method="volume of one time point is missing")
    issues = tuple(dict.fromkeys((*before.issues, *after.issues)))
    start, end = microliters(before.value), microliters(after.value)
    if not start:
        issue = Issue("L08", Level.INFO, "no hypoperfusion at baseline", "hypoperfusion above 0 at baseline", "")
        return Measurement(MEASURE, None, unit, Status.NOT_EVALUABLE, issues=(*issues, issue))
    value = (start - end) / start
    classes = "; ".join(f"{name} {answer}" for name, answer in reperfusion_classes(before.value, after.value).items())
    method = f"{before.value:.2f} mL at baseline, {after.value:.2f} mL at follow-up; {classes}"
    status = Status.MEASURED if value else Status.ZERO
    return Measurement(
        MEASURE, value, unit, status, method=method, inputs=(*before.inputs, *after.inputs), issues=issues
    )


def reperfusion_classes(baseline_ml: float, followup_ml: float) -> dict[str, str]:
    """Class by trial; empty where there was no hypoperfusion at baseline.

    Args:
        baseline_ml, followup_ml: volumes with Tmax > 6 s.
    """
    start, end = microliters(baseline_ml), microliters(followup_ml)
    if not start:
        return {}
    gone = start - end
    most, little = 10 * gone > 9 * start, 10 * gone < start
    return {
        "DEFUSE2": "yes" if 2 * gone > start else "no",
        "DEFUSE3": "> 90 %" if most else "< 10 %" if little else "10 to 90 %",
        "EXTEND": "yes" if most else "no",
    }
