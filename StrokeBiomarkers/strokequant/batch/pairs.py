"""Which time point of a case is the baseline of which other one.

What is compared decides: blood with the first time point that has a CT on which blood is looked for, an infarct with the first one that
has diffusion, perfusion with the first one that has it. A first time point that is refused stays the baseline, so that the growth says why there is none.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from ..types import Role
from .case import Part, parts_of
from .discover import CaseInput, study_time
from .select_perfusion import PERFUSION_ROLES

Key = tuple[str, str]
"""Case and time point."""


def pair_time_points(
    cases: Sequence[CaseInput], wanted: Sequence[Part] = (), *, baseline: str = ""
) -> dict[Key, dict[str, CaseInput]]:
    """Baselines of every time point by what is compared: "hemorrhage", "infarct" or "perfusion".

    Args:
        cases: time points of all cases.
        wanted: parts that are measured; all that the series allow where empty.
        baseline: name of the time point that is the baseline of all others; by time where empty.
    """
    by_case: dict[str, list[CaseInput]] = defaultdict(list)
    for case in cases:
        by_case[case.case].append(case)
    return {
        (case.case, case.timepoint): _baselines(case, in_order(members), wanted, baseline)
        for members in by_case.values()
        for case in members
    }


def rounds_of(pairs: Mapping[Key, Mapping[str, CaseInput]]) -> list[set[Key]]:
    """Time points that need no other one, then those whose baselines came before, and so on."""
    rounds: list[set[Key]] = []
    left = dict(pairs)
    while left:
        ready = {key for key, needs in left.items() if not any((c.case, c.timepoint) in left for c in needs.values())}
        rounds.append(ready)
        left = {key: needs for key, needs in left.items() if key not in ready}
    return rounds


def in_order(members: Sequence[CaseInput]) -> list[CaseInput]:
    """Time points of one case by the time of their studies, then by name, numbers in names as numbers."""
    return sorted(members, key=lambda c: (study_time(c.series), _natural(c.timepoint)))


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _baselines(
    case: CaseInput, members: Sequence[CaseInput], wanted: Sequence[Part], baseline: str
) -> Mapping[str, CaseInput]:
    found = {}
    for kind, shows in (("hemorrhage", _shows_blood), ("infarct", _shows_infarct), ("perfusion", _shows_perfusion)):
        if baseline:
            first = next((m for m in members if m.timepoint == baseline), None)
        else:
            first = next((m for m in members if shows(m, wanted)), None)
        if first is None or first is case or (kind != "infarct" and not shows(case, wanted)):
            continue
        if baseline or members.index(first) < members.index(case):
            found[kind] = first
    return found


def _shows_blood(case: CaseInput, wanted: Sequence[Part]) -> bool:
    return Part.HEMORRHAGE in parts_of(case.series, wanted)


def _shows_infarct(case: CaseInput, wanted: Sequence[Part]) -> bool:
    return Part.CORE in parts_of(case.series, wanted) and any(s.role in (Role.DWI, Role.ADC) for s in case.series)


def _shows_perfusion(case: CaseInput, wanted: Sequence[Part]) -> bool:
    return Part.MISMATCH in parts_of(case.series, wanted) and any(s.role in PERFUSION_ROLES for s in case.series)
