"""When a core of 0 mL may stand as it is, and when a reader must confirm it.

The segmentation leaves something out in almost every brain: specks of noise, cortex, susceptibility at the skull base. A zero is
sound where nothing was listed, or nothing that was left out reaches the size from which a cluster counts as core. Where a larger
candidate was left out, the zero rests on a judgment about that candidate, and that is a reader's.
"""

from dataclasses import replace

from ..config import CoreConfig
from ..errors import Issue, Level
from ..types import CoreResult


def with_zero_judged(core: CoreResult, config: CoreConfig = CoreConfig()) -> CoreResult:
    """The core with S03 as it concerns its zero.

    Args:
        core: automatic proposal.
        config: size from which a cluster counts as core.

    Returns:
        S03 is WARN where candidates of at least that size were left out and none was accepted, INFO where all that was left out is
        smaller, and absent where nothing was listed or something was accepted.
    """
    others = tuple(issue for issue in core.issues if issue.code != "S03")
    if core.mask.values.any() or not core.candidates:
        return replace(core, issues=others)
    return replace(core, issues=(*others, _left_out(core, config)))


def _left_out(core: CoreResult, config: CoreConfig) -> Issue:
    largest = max(core.candidates, key=lambda c: (c.volume_ml, -c.label))
    large = [c for c in core.candidates if _microliters(c.volume_ml) >= _microliters(config.min_cluster_ml)]
    first, last = largest.slices[0] + 1, largest.slices[1] + 1
    where = f"slice {first}" if first == last else f"slices {first} to {last}"
    found = f"0 mL: {len(core.candidates)} candidates were left out, the largest of {largest.volume_ml:.2f} mL ({largest.side}, {where})"
    if not large:
        expected = f"none of {config.min_cluster_ml:g} mL or more"
        return Issue("S03", Level.INFO, found, expected, "look through the list for small lesions")
    found += f", {len(large)} of them of {config.min_cluster_ml:g} mL or more"
    remedy = "a reader must confirm the zero: look at these candidates and take back what is a lesion"
    return Issue("S03", Level.WARN, found, "no candidate that large", remedy)


def _microliters(ml: float) -> int:
    return round(1000 * ml)
