"""Was the phantom scanned as a profile wants it? Every item of a protocol set passes, fails, or is not in the header.

Protocol sets are versioned files in the folder `protocols`, one for each document: the documents differ, and none is put together from several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, UsageError
from ..phantom_types import PhantomKind
from .data_files import checked_json, refused

FOLDER = Path(__file__).resolve().parent / "protocols"
SCHEMA = FOLDER / "protocol_set.schema.json"
_CODE = "Q59"
_OFF = "Q23"


class ItemOutcome(StrEnum):
    """One item of a protocol."""

    PASS = "pass"
    FAIL = "fail"
    NOT_IN_HEADER = "not in header"


@dataclass(frozen=True, slots=True)
class ProtocolRule:
    """What a document asks for.

    Args:
        id: see `facts_for`; `name` for a reader, `unit` UCUM.
        low, high: ends included; None where `values` are asked for.
        values: numbers or words.
    """

    id: str
    name: str
    unit: str
    target: float | None = None
    low: float | None = None
    high: float | None = None
    values: tuple[Any, ...] = ()
    note: str = ""

    @property
    def words(self) -> str:
        """What is expected."""
        if self.values:
            text = "/".join(f"{v:g}" if isinstance(v, int | float) else str(v) for v in self.values)
        else:
            text = f"{self.low:g}" if self.low == self.high else f"{self.low:g} to {self.high:g}"
        return f"{text} {self.unit}".strip() if self.unit != "1" else text


@dataclass(frozen=True, slots=True)
class ProtocolSet:
    """One document in one version."""

    id: str
    version: str
    name: str
    kind: PhantomKind
    source: str
    confirmed: bool
    rules: tuple[ProtocolRule, ...]
    note: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ProtocolItem:
    """One rule against a scan."""

    rule: ProtocolRule
    outcome: ItemOutcome
    found: Any = None


def load_protocols(*folders: Path) -> dict[str, ProtocolSet]:
    """Protocol sets by id.

    Raises:
        UsageError: Q59, a file that cannot be read or does not hold to the schema, or one id in two files.
    """
    found: dict[str, ProtocolSet] = {}
    for folder in (FOLDER, *(Path(folder) for folder in folders)):
        for path in sorted(folder.glob("*.json")):
            if path.name == SCHEMA.name:
                continue
            data, digest = checked_json(path, SCHEMA, _CODE)
            if data["id"] in found:
                raise refused(path, f"a second protocol set {data['id']}", "one file for each set", _CODE)
            found[data["id"]] = _protocol_set(data, digest)
    return found


def _protocol_set(data: Mapping[str, Any], digest: str) -> ProtocolSet:
    rules = tuple(ProtocolRule(**{**item, "values": tuple(item.get("values", ()))}) for item in data["items"])
    if len({rule.id for rule in rules}) != len(rules):
        raise UsageError(Issue(_CODE, Level.STOP, f"{data['id']}: an item twice", "each item once", "correct the file"))
    kind, confirmed = PhantomKind(data["kind"]), data["status"] == "confirmed"
    facts = (data["id"], data["version"], data["name"], kind, data["source"], confirmed)
    return ProtocolSet(*facts, rules, data.get("note", ""), digest)


def facts_for(
    protocol: Mapping[str, Any], b_values: Sequence[float], coil: str = "", field_t: float | None = None
) -> dict[str, Any]:
    """Facts of a scan by the ids of the rules; what the header does not say is absent.

    Args:
        protocol: of a series, as `protocol_of` gives it.
        b_values: s/mm2 of a pass.
        coil, field_t: of the scanner.
    """
    fov, matrix, acquired = (protocol.get(name) for name in ("fov_mm", "matrix", "acquired_matrix"))
    facts = {
        "tr": protocol.get("repetition_time_ms"),
        "te": protocol.get("echo_time_ms"),
        "nsa": protocol.get("averages"),
        "b_values": sorted(round(float(b)) for b in b_values) or None,
        "bandwidth": protocol.get("bandwidth_hz"),
        "fov": max(fov) if fov else None,
        "matrix": max(acquired) if acquired else None,
        "reconstruction": max(matrix) if matrix else None,
        "thickness": protocol.get("thickness_mm"),
        "spacing": protocol.get("spacing_mm"),
        "slices": protocol.get("slices"),
        "phase_encoding": protocol.get("phase_encoding"),
        "parallel": protocol.get("parallel_factor"),
        "coil": coil or None,
        "field": field_t,
    }
    return {name: value for name, value in facts.items() if value is not None}


def check_protocol(facts: Mapping[str, Any], chosen: ProtocolSet) -> tuple[ProtocolItem, ...]:
    """Every rule of a set against the facts of a scan."""
    return tuple(_checked(rule, facts.get(rule.id)) for rule in chosen.rules)


def _checked(rule: ProtocolRule, found: Any) -> ProtocolItem:
    if found is None:
        return ProtocolItem(rule, ItemOutcome.NOT_IN_HEADER)
    if rule.id == "b_values":
        good = len(found) == len(rule.values) and all(
            abs(b - want) <= max(5.0, 0.02 * want) for b, want in zip(found, sorted(rule.values), strict=True)
        )
    elif rule.id == "coil":
        good = any(str(word).lower() in str(found).lower() for word in rule.values)
    elif rule.values and isinstance(rule.values[0], str):
        good = str(found) in rule.values
    elif rule.values:
        good = any(abs(float(found) - want) <= 0.1 for want in rule.values)
    else:
        good = rule.low - 1e-6 <= float(found) <= rule.high + 1e-6
    return ProtocolItem(rule, ItemOutcome.PASS if good else ItemOutcome.FAIL, found)


def conformance(facts: Mapping[str, Any], sets: Sequence[ProtocolSet]) -> list[dict[str, Any]]:
    """Plain data of every set against a scan, the one with the fewest failed items first."""
    rows = []
    for chosen in sets:
        items = check_protocol(facts, chosen)
        failed = sum(item.outcome is ItemOutcome.FAIL for item in items)
        rows.append(
            {
                "set": f"{chosen.id} {chosen.version}",
                "name": chosen.name,
                "source": chosen.source,
                "confirmed": chosen.confirmed,
                "failed": failed,
                "not_in_header": sum(item.outcome is ItemOutcome.NOT_IN_HEADER for item in items),
                "items": [_plain(item) for item in items],
            }
        )
    return sorted(rows, key=lambda row: (row["failed"], row["not_in_header"], row["set"]))


def _plain(item: ProtocolItem) -> dict[str, Any]:
    rule = item.rule
    return {
        "id": rule.id, "name": rule.name, "unit": rule.unit, "outcome": str(item.outcome), "found": item.found, "expected": rule.words,
    }  # fmt: skip


def conformance_issue(rows: Sequence[Mapping[str, Any]], subject: str = "") -> Issue | None:
    """What to say where no document is kept to: the items that fail of the nearest one. None where one is kept to."""
    if not rows or not rows[0]["failed"]:
        return None
    nearest = rows[0]
    failed = [item for item in nearest["items"] if item["outcome"] == ItemOutcome.FAIL]
    found = "; ".join(f"{item['name']} {_shown(item['found'])}" for item in failed)
    expected = "; ".join(f"{item['name']} {item['expected']}" for item in failed)
    remedy = f"scan as {nearest['set']} says, the nearest of {len(rows)} protocols; numbers of another protocol are compared with its limits all the same"
    return Issue(_OFF, Level.INFO, found, expected, remedy, subject)


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "/".join(_shown(v) for v in value)
    return f"{value:g}" if isinstance(value, int | float) else str(value)
