"""measurements.csv and cases.csv: UTF-8, comma, LF, quoted as RFC 4180 asks, safe to open in a spreadsheet.

A number stands in `value` only with status measured or zero; not_evaluable and missing leave it empty. Numbers are those of
record.json, digit for digit; rounding is left to the reader of the table. `shown` is what the report prints: rounded, and "∞" for
the mismatch ratio of a core of 0, which is no number.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .files import rounded, write_bytes
from .issue_lists import issues_beside
from .phantom_rows import is_phantom, phantom_rows

MEASUREMENTS = "measurements.csv"
CASES = "cases.csv"

MEASUREMENT_COLUMNS = (
    "case",
    "timepoint",
    "measure",
    "value",
    "unit",
    "status",
    "lower",
    "upper",
    "method",
    "code",
    "series_uid",
    "reader",
    "software",
    "warnings",
    "shown",
)
CASE_COLUMNS = ("case", "timepoint", "outcome", "reason", "seconds", "peak_memory_mb")
AUTOMATIC = "automatic proposal"
"""Stands for the reader while nobody has signed."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: Any) -> str:
    """Text of a cell: a number as it is, a text that a spreadsheet would run as a formula behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        number = rounded(value)
        return "" if number is None else repr(number)
    text = "".join(c if c >= " " else " " for c in str(value).replace("\r\n", " "))
    return f"'{text}" if str(value).startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def _code(measurement: Mapping[str, Any]) -> str:
    codes = [measurement["code"], measurement["derivation"]]
    return "; ".join(f"{code['scheme']}:{code['value']}" for code in codes if code)


def _software(software: Mapping[str, str]) -> str:
    if "strokequant" in software:
        return f"strokequant {software['strokequant']}"
    return "; ".join(f"{name} {version}" for name, version in sorted(software.items()))


def _series_uids(data: Mapping[str, Any], measurement: Mapping[str, Any]) -> str:
    """Series that a number was measured on; where it does not say, those that the record used."""
    used = set(data["used"].values())
    fallback = (series["series_uid"] for series in data["series"] if series["key"] in used)
    return "; ".join(dict.fromkeys(measurement["input_uids"] or fallback))


def shown(measurement: Mapping[str, Any]) -> str:
    """A value with the digits of the catalog, "∞" for an infinite ratio, empty for none; one that is not 0 never reads as 0."""
    if measurement["infinite"]:
        return "∞"
    value, decimals = measurement["value"], measurement["decimals"]
    if value is None:
        return ""
    smallest = 10.0**-decimals
    return f"{value:.{decimals}f}" if value == 0 or abs(value) >= smallest / 2 else f"< {smallest:.{decimals}f}"


def issue_text(issue: Mapping[str, str]) -> str:
    """One issue in one line: level, code, what was found and where."""
    where = f"{issue['subject']}: " if issue["subject"] else ""
    return f"{issue['level']} {issue['code']} {where}{issue['found']}"


def measurement_rows(data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Rows of measurements.csv from the plain data of one record (`record_to_dict`, or record.json read back)."""
    if is_phantom(data):
        return [{column: cell(row[column]) for column in MEASUREMENT_COLUMNS} for row in phantom_rows(data)]
    reader = "; ".join(dict.fromkeys(sign_off["reader"] for sign_off in data["sign_offs"])) or AUTOMATIC
    rows = []
    for measurement in data["measurements"]:
        values = {
            "case": data["case"],
            "timepoint": data["timepoint"],
            "measure": measurement["id"],
            **{key: measurement[key] for key in ("value", "unit", "status", "lower", "upper", "method")},
            "code": _code(measurement),
            "series_uid": _series_uids(data, measurement),
            "reader": reader,
            "software": _software(data["software"]),
            "warnings": " | ".join(map(issue_text, issues_beside(data, measurement))),
            "shown": shown(measurement),
        }
        rows.append({column: cell(values[column]) for column in MEASUREMENT_COLUMNS})
    return rows


def csv_bytes(columns: Iterable[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """A table as CSV."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, tuple(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8", "replace")


def measurements_bytes(records: Iterable[Mapping[str, Any]]) -> bytes:
    """measurements.csv of many records (plain data), ordered by case and time point."""
    ordered = sorted(records, key=lambda data: (data["case"], data["timepoint"]))
    return csv_bytes(MEASUREMENT_COLUMNS, (row for data in ordered for row in measurement_rows(data)))


def cases_bytes(cases: Iterable[Mapping[str, Any]]) -> bytes:
    """cases.csv: one row per case and time point, with the keys of `CASE_COLUMNS`."""
    ordered = sorted(cases, key=lambda case: (case["case"], case["timepoint"]))
    return csv_bytes(CASE_COLUMNS, ({column: cell(case.get(column)) for column in CASE_COLUMNS} for case in ordered))


def write_measurements(out: Path, records: Iterable[Mapping[str, Any]]) -> str:
    """Write OUT/measurements.csv; returns its SHA-256."""
    return write_bytes(out / MEASUREMENTS, measurements_bytes(records))


def write_cases(out: Path, cases: Iterable[Mapping[str, Any]]) -> str:
    """Write OUT/cases.csv; returns its SHA-256."""
    return write_bytes(out / CASES, cases_bytes(cases))
