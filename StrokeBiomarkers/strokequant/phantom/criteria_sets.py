"""Criteria sets: limits of one document each, as versioned files in the folder `criteria` or wherever a site keeps its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError
from ..phantom_types import CriteriaSet, Criterion, PhantomKind
from .data_files import checked_json, refused
from .metrics import PHANTOM_METRICS

FOLDER = Path(__file__).resolve().parent / "criteria"
SCHEMA = FOLDER / "criteria_set.schema.json"
CODE = "Q59"
DEFAULT_SETS = {
    PhantomKind.DIFFUSION: ("qiba_dwi", "project_diffusion"),
    PhantomKind.ACR_CT: ("acr_ct", "project_ct"),
    PhantomKind.ACR_MRI: ("acr_mri_newer", "project_mri"),
    PhantomKind.VOLUME: ("project_volume",),
}
"""Sets that judge a kind of phantom where nobody names others."""


def load_criteria_set(path: Path) -> CriteriaSet:
    """One criteria file.

    Raises:
        UsageError: Q59, a file that cannot be read, does not hold to the schema, or names a metric, unit or limit that cannot be.
    """
    data, digest = checked_json(Path(path), SCHEMA, CODE)
    criteria = tuple(_criterion(Path(path), data, item) for item in data["criteria"])
    if len({c.id for c in criteria}) != len(criteria):
        raise refused(path, "two limits with one id", "an id for each limit", CODE)
    return CriteriaSet(
        id=data["id"],
        version=data["version"],
        name=data["name"],
        kind=PhantomKind(data["kind"]),
        source=data["source"],
        criteria=criteria,
        valid_months=data["valid_months"],
        note=data.get("note", ""),
        sha256=digest,
    )


def load_criteria(*folders: Path) -> dict[str, CriteriaSet]:
    """All criteria sets by id.

    Raises:
        UsageError: Q59, as `load_criteria_set`, or one id in two files.
    """
    found: dict[str, CriteriaSet] = {}
    for folder in (FOLDER, *(Path(folder) for folder in folders)):
        for path in sorted(folder.glob("*.json")):
            if path.name == SCHEMA.name:
                continue
            one = load_criteria_set(path)
            if one.id in found:
                raise refused(path, f"a second criteria set {one.id}", "one file for each set", CODE)
            found[one.id] = one
    return found


def criteria_for(kind: PhantomKind, names: tuple[str, ...] = (), *folders: Path) -> tuple[CriteriaSet, ...]:
    """The named sets, or the usual ones of this kind of phantom.

    Args:
        names: ids of sets or paths of criteria files.

    Raises:
        UsageError: Q59, no such set, or a set for another kind of phantom.
    """
    known = load_criteria(*folders)
    chosen = []
    for name in names or DEFAULT_SETS[kind]:
        is_file = Path(name).suffix.lower() == ".json"
        one = load_criteria_set(Path(name)) if is_file else known.get(name)
        if one is None or one.kind is not kind:
            usable = ", ".join(sorted(s.id for s in known.values() if s.kind is kind))
            found = f"criteria set {name!r}" if one is None else f"criteria set {one.id!r} for {one.kind}"
            raise UsageError(Issue(CODE, Level.STOP, found, f"for {kind}: {usable}", "name another criteria set"))
        chosen.append(one)
    return tuple(chosen)


def _criterion(path: Path, data: Mapping[str, Any], item: Mapping[str, Any]) -> Criterion:
    limit, op = item["limit"], item["op"]
    entry = PHANTOM_METRICS.get(item["metric"])
    strange = [name for name in item.get("withholds", ()) if name not in PHANTOM_METRICS]
    problem = ""
    if entry is None or strange:
        problem = f"metric {strange[0] if entry else item['metric']}"
    elif entry.unit != item["unit"]:
        problem = f"unit {item['unit']} where {entry.id} is in {entry.unit}"
    elif isinstance(limit, list) != (op == "between") or (op == "between" and limit[0] > limit[1]):
        problem = f"limit {limit} with {op}"
    if problem:
        raise refused(path, f"{item['id']}: {problem}", "a metric of the catalog, in its unit", CODE)
    return Criterion(
        id=item["id"],
        metric=item["metric"],
        op=op,
        limit=(float(limit[0]), float(limit[1])) if op == "between" else float(limit),
        unit=item["unit"],
        set_id=data["id"],
        set_version=data["version"],
        source=item["source"],
        confirmed=item["status"] != "unconfirmed",
        proposed=item["status"] == "proposed",
        inserts=tuple(item.get("inserts", ())),
        roi=item.get("roi", ""),
        field_t=tuple(item["field_t"]) if "field_t" in item else None,
        guard=item.get("guard", True),
        missing=item.get("missing", "no_verdict"),
        withholds=tuple(item.get("withholds", ())),
        note=item.get("note", ""),
        only_for=tuple(item.get("only_for", ())),
    )
