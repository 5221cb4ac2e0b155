"""Issues of a record: all of them, and those that must stand beside one number.

A number carries the issues of what it was made of. Diffusion and perfusion are measured on other series with other faults: a
problem of the b values marks no Tmax volume, and a bad artery no ADC. The mismatch with a core from ADC is made of both.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Issue, Level
from ..types import CaseRecord, Role

Data = Mapping[str, Any]

_LEVELS = [str(level) for level in Level]
_PERFUSION_STARTS = ("hypoperfusion", "perfusion", "mismatch", "reference_tissue")
_PERFUSION_NAMES = frozenset(
    ("cbf", "cbv", "mtt", "tmax", "ttp", "residual", "rcbf", "rcbv", "csf", "vessels", "dwi_on_perfusion")
)
_PERFUSION_ROLES = (str(Role.DSC), str(Role.CTP))
_WHOLE_CASE = ("I03",)
"""Issues that concern every number of a case, whoever met them first: two patients in one case."""


def is_perfusion(name: str) -> bool:
    """Whether a measure, map, mask, image or part of `used` belongs to perfusion; else it belongs to diffusion."""
    return name.startswith(_PERFUSION_STARTS) or name in _PERFUSION_NAMES or name.partition("_")[0] in _PERFUSION_ROLES


def as_dicts(issues: Iterable[Any]) -> list[dict]:
    """Issues as plain data, most severe first, each once."""
    return unique(issue.as_dict() for issue in issues)


def unique(issues: Iterable[dict]) -> list[dict]:
    """Each issue once, most severe first."""
    found = {tuple(sorted(issue.items())): issue for issue in issues}
    return sorted(found.values(), key=lambda i: (_LEVELS.index(i["level"]), i["code"], i["subject"], i["found"]))


def all_issues(data: Data) -> list[dict]:
    """Every issue of a record, each once, most severe first."""
    groups = ("series", "audits", "images", "maps", "masks", "measurements")
    found = [*data["issues"], *(issue for group in groups for item in data[group] for issue in item["issues"])]
    found += data["core"]["issues"] if data["core"] else []
    found += data["perfusion"]["issues"] if data["perfusion"] else []
    return unique(found)


def issues_beside(data: Data, measurement: Data) -> list[dict]:
    """Issues that must stand beside a number.

    They are its own, those of everything that it was made of, and those of the case; not those of series that were not used,
    and no INFO, which is left to the provenance. A measurement without value and without a reason of its own gets all.
    """
    kinds = _kinds(data, measurement)
    used = {key: is_perfusion(part) for part, key in data["used"].items()}
    found = list(measurement["issues"])
    for perfusion in kinds:
        found += _of_kind(data, perfusion, [key for key, of_perfusion in used.items() if of_perfusion is perfusion])
    left_out = _of_series(data, [s["key"] for s in data["series"] if s["key"] not in used])
    for perfusion in {False, True} - kinds:
        left_out += _only_of_kind(data, perfusion, [key for key, of in used.items() if of is perfusion])
    found += [i for i in data["issues"] if i not in left_out or i in found or i["code"] in _WHOLE_CASE]
    beside = [issue for issue in unique(found) if issue["level"] != Level.INFO]
    if not beside and measurement["value"] is None:
        return [issue for issue in all_issues(data) if issue["level"] != Level.INFO]
    return beside


def _kinds(data: Data, measurement: Data) -> set[bool]:
    """What a number is made of: True for perfusion, False for diffusion."""
    perfusion = is_perfusion(measurement["id"])
    lesions = (data["perfusion"] or {}).get("lesions")
    if measurement["id"].startswith("mismatch") and lesions and lesions["core_source"] == "ADC":
        return {False, True}
    return {perfusion}


def _of_series(data: Data, keys: Iterable[str]) -> list[dict]:
    keys = set(keys)
    found = [s["issues"] for s in data["series"] if s["key"] in keys]
    found += [a["issues"] for a in data["audits"] if a["series"] in keys]
    return [issue for issues in found for issue in issues]


def _of_kind(data: Data, perfusion: bool, keys: Iterable[str]) -> list[dict]:
    """Issues of the series, images, maps and masks of one kind."""
    found = _of_series(data, keys)
    for group in ("images", "maps", "masks"):
        found += [i for item in data[group] if is_perfusion(item["name"]) is perfusion for i in item["issues"]]
    stages = data["perfusion"] if perfusion else data["core"]
    return [*found, *(stages["issues"] if stages and not perfusion else [])]


def _only_of_kind(data: Data, perfusion: bool, keys: Iterable[str]) -> list[dict]:
    """Issues that are known to come from one kind, by whatever carries them."""
    found = _of_kind(data, perfusion, keys)
    found += [i for m in data["measurements"] if is_perfusion(m["id"]) is perfusion for i in m["issues"]]
    return [*found, *(data["perfusion"]["issues"] if perfusion and data["perfusion"] else [])]


def issues_of_kind(record: CaseRecord, *, perfusion: bool) -> tuple[Issue, ...]:
    """Issues of a record without those that are known to come from the other kind only."""
    known: dict[bool, set[Issue]] = {False: set(), True: set()}
    for m in record.measurements:
        known[is_perfusion(m.id)] |= set(m.issues)
    keys = {key: is_perfusion(part) for part, key in record.used.items()}
    for series in record.series:
        if series.key in keys:
            known[keys[series.key]] |= set(series.issues)
    known[True] |= set(record.perfusion.issues) if record.perfusion is not None else set()
    foreign = known[not perfusion] - known[perfusion]
    return tuple(issue for issue in record.issues if issue not in foreign or issue.code in _WHOLE_CASE)
