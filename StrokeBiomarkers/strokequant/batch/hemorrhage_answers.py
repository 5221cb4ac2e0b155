"""What a person said about a hemorrhage; light to import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..hemorrhage_types import Seed, Structure

Point = tuple[float, float, float]


@dataclass(frozen=True)
class ClotDecision:
    """What a reader decided about one clot; what is empty stays as it was proposed.

    Args:
        accepted: counts as blood.
        structure: what it is in.
        side: "left", "right" or "midline".
        location: "deep", "lobar", "brainstem", "cerebellum", "ventricle", "extra-axial".
    """

    accepted: bool | None = None
    structure: Structure | None = None
    side: str = ""
    location: str = ""


@dataclass(frozen=True)
class HemorrhageAnswers:
    """Answers about one case; everything is optional and goes into the record.

    Args:
        seeds: clicks into the clots; the automatic proposal where there is none.
        with_search: candidates of the automatic search count beside the clicks.
        decisions: by label of a candidate; clicks are labeled after the candidates of the search, in their order.
        confirmed_zero: a person looked for every kind of blood and found none but what is outlined.
        midline_lps: LPS mm of the inner table on both sides and of the septum, in this order.
        graeb: modified Graeb score by compartment; None where it was not read.
        graeb_expanded: compartments that blood has widened.
        ivh_score: parts of the IVH score by name; None where it was not read.
    """

    seeds: tuple[Seed, ...] = ()
    with_search: bool = False
    decisions: Mapping[int, ClotDecision] = field(default_factory=dict)
    confirmed_zero: bool = False
    midline_lps: tuple[Point, ...] = ()
    graeb: Mapping[str, int] | None = None
    graeb_expanded: tuple[str, ...] = ()
    ivh_score: Mapping[str, int] | None = None

    @property
    def searches(self) -> bool:
        """True where the automatic search is looked at."""
        return self.with_search or not self.seeds

    def given(self) -> dict[str, Any]:
        """What was said, by name."""
        said: dict[str, Any] = {}
        if self.seeds:
            said["seeds"] = [{"structure": str(s.structure), "point_lps": list(s.point_lps)} for s in self.seeds]
        if self.seeds and self.with_search:
            said["with_search"] = True
        if self.decisions:
            said["decisions"] = {str(label): _told(one) for label, one in sorted(self.decisions.items())}
        if self.confirmed_zero:
            said["confirmed_zero"] = True
        if self.midline_lps:
            said["midline_lps"] = [list(point) for point in self.midline_lps]
        scores = {"graeb": self.graeb, "ivh_score": self.ivh_score}
        said |= {name: dict(score) for name, score in scores.items() if score is not None}
        if self.graeb is not None and self.graeb_expanded:
            said["graeb_expanded"] = list(self.graeb_expanded)
        return said


def answers_of(said: Mapping[str, Any]) -> HemorrhageAnswers:
    """Answers out of `HemorrhageAnswers.given`."""
    return HemorrhageAnswers(
        seeds=tuple(Seed(tuple(s["point_lps"]), Structure(s["structure"])) for s in said.get("seeds", ())),
        with_search=bool(said.get("with_search")),
        decisions={int(label): _decision(one) for label, one in said.get("decisions", {}).items()},
        confirmed_zero=bool(said.get("confirmed_zero")),
        midline_lps=tuple(tuple(point) for point in said.get("midline_lps", ())),
        graeb=said.get("graeb"),
        graeb_expanded=tuple(said.get("graeb_expanded", ())),
        ivh_score=said.get("ivh_score"),
    )


def _told(decision: ClotDecision) -> dict[str, Any]:
    told = {"accepted": decision.accepted, "side": decision.side, "location": decision.location}
    told["structure"] = str(decision.structure) if decision.structure is not None else None
    return {name: value for name, value in told.items() if value not in (None, "")}


def _decision(told: Mapping[str, Any]) -> ClotDecision:
    structure = told.get("structure")
    return ClotDecision(
        told.get("accepted"),
        Structure(structure) if structure else None,
        told.get("side", ""),
        told.get("location", ""),
    )
