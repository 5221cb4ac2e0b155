"""classes.csv: what is no number, with scale and version in every row: expansion, classes of blood, vessel scores, ASPECTS.

A value is empty where the answers, or the volumes, give none; the reason is in `warnings`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .table import cell, csv_bytes, issue_text

CLASSES = "classes.csv"
COLUMNS = ("case", "timepoint", "item", "scale", "version", "value", "modality", "reader", "source", "warnings")
Data = Mapping[str, Any]

_ANSWERS = {"pass": "met", "fail": "not met", "unknown": "undetermined"}


def classes_bytes(records: Iterable[Data]) -> bytes | None:
    """classes.csv from the plain data of all records; None where no record has any of it."""
    ordered = sorted(records, key=lambda data: (data["case"], data["timepoint"]))
    rows = [
        {"case": data["case"], "timepoint": data["timepoint"], **row}
        for data in ordered
        for row in (*_expansion(data.get("follow_up")), *_forms(data.get("forms")))
    ]
    return csv_bytes(COLUMNS, ({name: cell(row.get(name)) for name in COLUMNS} for row in rows)) if rows else None


def _expansion(found: Data | None) -> Iterator[Data]:
    growth = found["growth"] if found else None
    for item, name in (
        ("expansion of the hematoma", "expansion"),
        ("expansion of hematoma and IVH", "expansion_total"),
    ):
        yield from (_rule(item, rule) for rule in (growth[name] if growth else ()))


def _rule(item: str, rule: Data) -> Data:
    return {
        "item": item,
        "scale": rule["rule"],
        "version": rule["version"],
        "value": _ANSWERS[rule["answer"]],
        "source": rule["source"],
        "warnings": _told(rule),
    }


def _forms(forms: Data | None) -> Iterator[Data]:
    if not forms:
        return
    found = forms["transformation"]
    if found is not None:
        ecass = " ".join(filter(None, (found["ecass"], found["ecass_remote"])))
        heidelberg = None if found["heidelberg"] is None else ", ".join(found["heidelberg"]) or "none"
        for scale, value in (("ECASS", ecass), ("Heidelberg", heidelberg)):
            yield {**_read(found), "item": "hemorrhagic transformation", "scale": scale, "value": value}
    yield from (_rule("symptomatic hemorrhage", rule) for rule in forms["symptomatic"])
    for score in forms["vessels"]:
        where = " ".join(str(score["answers"][name]) for name in ("side", "site") if name in score["answers"])
        item = f"vessel status, {where}" if where else "vessel status"
        yield {**_read(score), "item": item, "scale": score["scale"], "value": score["grade"]}
    for score in forms["aspects"]:
        yield {**_read(score), "item": "early ischemic change", "scale": score["scale"], "value": score["points"]}


def _read(form: Data) -> Data:
    return {name: form[name] for name in ("version", "modality", "reader")} | {"warnings": _told(form)}


def _told(item: Data) -> str:
    return " | ".join(issue_text(issue) for issue in item["issues"] if issue["level"] != "INFO")
