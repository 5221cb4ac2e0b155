"""Seams of follow-up: what a record keeps of an earlier time point and of the forms that a reader answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .errors import Issue

if TYPE_CHECKING:
    from .biomarkers.aspects import AspectsScore
    from .biomarkers.final_infarct import InfarctGrowth
    from .biomarkers.forms import Answers
    from .biomarkers.growth import Growth
    from .biomarkers.regions import RegionHint
    from .biomarkers.transformation import Transformation
    from .biomarkers.vessel_status import VesselScore
    from .maps.follow_up import FollowUpRegistration
    from .perfusion_types import RuleResult
    from .types import Mask


@dataclass(frozen=True, slots=True)
class BaselineFacts:
    """The time point that a follow-up was compared with.

    Args:
        case, timepoint: of its record.
        sha256: of its record.json.
        automatic: True where a run paired both, False where a person named it.
        same_patient: None where one of both names nobody.
        visit: when and how it was imaged, as plain data.
    """

    case: str
    timepoint: str
    sha256: str
    automatic: bool
    same_patient: bool | None
    visit: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FollowUpResult:
    """Comparison with an earlier time point.

    Args:
        baselines: by what was compared: "hemorrhage", "infarct" or "perfusion".
        growth: of the hemorrhage.
        infarct: growth of the infarct.
        registrations: baseline onto follow-up by the same names, for display.
        issues: of the pairs and of the registrations.
        carried: outline of the baseline on the grid of the follow-up by the same names, to look at.
    """

    baselines: Mapping[str, BaselineFacts] = field(default_factory=dict)
    growth: "Growth | None" = None
    infarct: "InfarctGrowth | None" = None
    registrations: "Mapping[str, FollowUpRegistration]" = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    carried: "Mapping[str, Mask]" = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class FormsResult:
    """Forms that readers answered about one time point, and what follows from them.

    Args:
        answers: as they were given, checked.
        transformation: ECASS and Heidelberg class, None where the form was not answered.
        symptomatic: every published definition; empty where the form was not answered.
        vessels: scores with scale, version and modality.
        aspects: ASPECTS and pc-ASPECTS.
        hints: regions of an atlas that are darker or lower in ADC than their mirror regions.
        hints_note: why there are none.
        issues: of all forms.
    """

    answers: "tuple[Answers, ...]" = ()
    transformation: "Transformation | None" = None
    symptomatic: "tuple[RuleResult, ...]" = ()
    vessels: "tuple[VesselScore, ...]" = ()
    aspects: "tuple[AspectsScore, ...]" = ()
    hints: "tuple[RegionHint, ...]" = ()
    hints_note: str = ""
    issues: tuple[Issue, ...] = ()
