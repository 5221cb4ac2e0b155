"""Issues of a record: all of them, and those that must stand beside one number.

A number carries the issues of what it was made of. Diffusion, perfusion and CT are measured on other series with other faults: a
problem of the b values marks no Tmax volume, and a bad artery no ADC. The mismatch with a core from ADC is made of both. What is said
of edema marks no clot: numbers of hemorrhage name their own issues.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Issue, Level
from ..types import CaseRecord
from .kinds import Kind, kind_of, kinds_of_series

Data = Mapping[str, Any]

_LEVELS = [str(level) for level in Level]
_WHOLE_CASE = ("I03",)
"""Issues that concern every number of a case, whoever met them first: two patients in one case."""
_PARTS = {Kind.DIFFUSION: "core", Kind.PERFUSION: "perfusion", Kind.HEMORRHAGE: "hemorrhage"}
_READ = ("follow_up", "forms")
"""Parts whose issues stand beside the numbers that carry them, and beside no other one."""


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
    for stages in (*_PARTS.values(), *_READ):
        found += data[stages]["issues"] if data.get(stages) else []
    return unique(found)


def issues_beside(data: Data, measurement: Data) -> list[dict]:
    """Issues that must stand beside a number.

    They are its own, those of everything that it was made of, and those of the case; not those of series that were not used,
    and no INFO, which is left to the provenance. A measurement without value and without a reason of its own gets all.
    """
    kinds = _kinds(data, measurement)
    used = kinds_of_series(data["used"])
    found = list(measurement["issues"])
    for kind in kinds:
        found += _of_kind(data, kind, [key for key, of in used.items() if kind in of])
    left_out = _of_series(data, [s["key"] for s in data["series"] if s["key"] not in used])
    for kind in Kind:
        keys = [key for key, of in used.items() if kind in of and not of & kinds]
        left_out += [] if kind in kinds else _only_of_kind(data, kind, keys)
    left_out += _stages(data, Kind.HEMORRHAGE)
    left_out += [issue for part in _READ if data.get(part) for issue in data[part]["issues"]]
    found += [i for i in data["issues"] if i not in left_out or i in found or i["code"] in _WHOLE_CASE]
    beside = [issue for issue in unique(found) if issue["level"] != Level.INFO]
    if not beside and measurement["value"] is None:
        return [issue for issue in all_issues(data) if issue["level"] != Level.INFO]
    return beside


def _kinds(data: Data, measurement: Data) -> set[Kind]:
    """What a number is made of."""
    lesions = (data["perfusion"] or {}).get("lesions")
    if measurement["id"].startswith("mismatch") and lesions and lesions["core_source"] == "ADC":
        return {Kind.DIFFUSION, Kind.PERFUSION}
    return {kind_of(measurement["id"])}


def _of_series(data: Data, keys: Iterable[str]) -> list[dict]:
    keys = set(keys)
    found = [s["issues"] for s in data["series"] if s["key"] in keys]
    found += [a["issues"] for a in data["audits"] if a["series"] in keys]
    return [issue for issues in found for issue in issues]


def _of_kind(data: Data, kind: Kind, keys: Iterable[str]) -> list[dict]:
    """Issues that every number of a kind carries: those of its series and images, of diffusion and perfusion also of maps and masks."""
    found = _of_series(data, keys)
    groups = ("images",) if kind is Kind.HEMORRHAGE else ("images", "maps", "masks")
    for group in groups:
        found += [i for item in data[group] if kind_of(item["name"]) is kind for i in item["issues"]]
    return [*found, *(_stages(data, kind) if kind is Kind.DIFFUSION else [])]


def _stages(data: Data, kind: Kind) -> list[dict]:
    """Issues of the stages of a kind, and of its masks."""
    stages = data[_PARTS[kind]] if kind in _PARTS else None
    masks = [i for mask in data["masks"] if kind_of(mask["name"]) is kind for i in mask["issues"]]
    return [*(stages["issues"] if stages else []), *masks]


def _only_of_kind(data: Data, kind: Kind, keys: Iterable[str]) -> list[dict]:
    """Issues that are known to come from one kind, by whatever carries them."""
    found = [*_of_kind(data, kind, keys), *_stages(data, kind)]
    return [*found, *(i for m in data["measurements"] if kind_of(m["id"]) is kind for i in m["issues"])]


def issues_of_kind(record: CaseRecord, kind: Kind) -> tuple[Issue, ...]:
    """Issues of a record without those that are known to come from other kinds only."""
    known: dict[Kind, set[Issue]] = {one: set() for one in Kind}
    for m in record.measurements:
        known[kind_of(m.id)] |= set(m.issues)
    used = kinds_of_series(record.used)
    for series in record.series:
        for of in used.get(series.key, ()):
            known[of] |= set(series.issues)
    for one, stages in ((Kind.PERFUSION, record.perfusion), (Kind.HEMORRHAGE, record.hemorrhage)):
        known[one] |= set(stages.issues) if stages is not None else set()
    read = [part.issues for part in (record.follow_up, record.forms) if part is not None]
    foreign = set().union(*(known[one] for one in Kind if one is not kind), *read) - known[kind]
    return tuple(issue for issue in record.issues if issue not in foreign or issue.code in _WHOLE_CASE)
