"""What a person said about a perfusion study; apart from what computes, so that a case without perfusion loads none of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PerfusionAnswers:
    """What a person said about a perfusion study; everything is optional and goes into the record.

    Args:
        times_s: of every frame, or the step between frames.
        echo_time_ms: of DSC.
        baseline: frames [first, last).
        aif_lps, vof_lps: points in LPS mm at which artery and vein are taken.
        affected: "left" or "right".
        clinical: facts for the trial rules.
        aif_candidate, vof_candidate: number in the list of candidates, from 1; a point goes before.
        accepted: decisions on candidates of hypoperfusion, by label.
        overlay_confirmed: the reader has checked the overlay of diffusion on perfusion.
        leakage_correction: of DSC, asked for or not; as the settings say where None.
    """

    times_s: float | tuple[float, ...] | None = None
    echo_time_ms: float | None = None
    baseline: tuple[int, int] | None = None
    aif_lps: tuple[float, float, float] | None = None
    vof_lps: tuple[float, float, float] | None = None
    affected: str = ""
    clinical: Mapping[str, Any] = field(default_factory=dict)
    aif_candidate: int = 0
    vof_candidate: int = 0
    accepted: Mapping[int, bool] = field(default_factory=dict)
    overlay_confirmed: bool = False
    leakage_correction: bool | None = None

    def given(self) -> dict[str, Any]:
        """What was said, by name."""
        return {name: value for name in self.__dataclass_fields__ if (value := getattr(self, name))}
