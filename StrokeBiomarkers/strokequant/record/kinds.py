"""What a measure, map, mask or image belongs to: diffusion, perfusion, hemorrhage on plain CT, or the final infarct.

They are measured on other series and grids, often in other studies, and have files and warnings of their own. A name says it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import StrEnum

from ..settings import Settings
from ..types import Role


class Kind(StrEnum):
    """Part of a record."""

    DIFFUSION = "diffusion"
    PERFUSION = "perfusion"
    HEMORRHAGE = "hemorrhage"
    FINAL = "final"
    """The final infarct, on whatever it was outlined."""


_PERFUSION_STARTS = ("hypoperfusion", "perfusion", "mismatch", "reference_tissue")
_PERFUSION_NAMES = frozenset(
    ("cbf", "cbv", "mtt", "tmax", "ttp", "residual", "rcbf", "rcbv", "csf", "vessels", "dwi_on_perfusion")
)
_PERFUSION_ROLES = (str(Role.DSC), str(Role.CTP))
_HEMORRHAGE_STARTS = (
    "ich",
    "ivh",
    "sah",
    "sdh",
    "edh",
    "edema",
    "midline",
    "ncct",
    "ct",
    "ventricles",
    "blood",
    "clot",
    "transformation",
)
_FINAL_STARTS = ("final", "infarct_growth", "net_water")


def kind_of(name: str) -> Kind:
    """Part that a measure, map, mask, image or part of `used` belongs to."""
    first = name.partition("_")[0]
    if name.startswith(_PERFUSION_STARTS) or name in _PERFUSION_NAMES or first in _PERFUSION_ROLES:
        return Kind.PERFUSION
    if name.startswith(_FINAL_STARTS):
        return Kind.FINAL
    return Kind.HEMORRHAGE if first in _HEMORRHAGE_STARTS else Kind.DIFFUSION


def kinds_of_series(used: Mapping[str, str]) -> dict[str, set[Kind]]:
    """Parts by series key: a final infarct may lie on the series of the core, or of the blood.

    Args:
        used: series key by the part that it played.
    """
    found: dict[str, set[Kind]] = {}
    for part, key in used.items():
        found.setdefault(key, set()).add(kind_of(part))
    return found


def is_perfusion(name: str) -> bool:
    """Whether a name belongs to perfusion."""
    return kind_of(name) is Kind.PERFUSION


_SECTIONS = {
    Kind.DIFFUSION: ("adc", "core", "unit"),
    Kind.PERFUSION: ("perfusion_report",),
    Kind.HEMORRHAGE: ("hemorrhage_report", "clot_place"),
}
"""Sections of the configuration by kind, beside those whose file says it."""


def _kinds_of_sections() -> dict[str, frozenset[Kind]]:
    """Sections of the configuration that concern some kinds alone, by the file that their settings stand in."""
    modules = {"perfusion_config": Kind.PERFUSION, "hemorrhage_config": Kind.HEMORRHAGE}
    found = {name: frozenset((kind,)) for kind, names in _SECTIONS.items() for name in names}
    for section in fields(Settings):
        kind = modules.get(type(section.default).__module__.rpartition(".")[2])
        found |= {section.name: frozenset((kind,))} if kind is not None else {}
    # the inside of the skull is found in one way on all CT
    return found | {"perfusion_brain": frozenset((Kind.PERFUSION, Kind.HEMORRHAGE))}


def foreign_sections(kind: Kind) -> frozenset[str]:
    """Sections of the configuration on which no number of a kind depends."""
    return frozenset(name for name, kinds in _kinds_of_sections().items() if kind not in kinds)


def unused_sections(kinds: Iterable[Kind]) -> frozenset[str]:
    """Sections of the configuration on which no number of any of these kinds depends."""
    return frozenset.intersection(*map(foreign_sections, kinds), frozenset(_kinds_of_sections()))
