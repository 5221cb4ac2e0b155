"""Rows of measurements.csv for a phantom session."""

from collections.abc import Mapping
from typing import Any

from .issue_lists import unique

FORMAT = "strokequant phantom 1"
"""Of record.json."""


def is_phantom(data: Mapping[str, Any]) -> bool:
    """True for plain data of a phantom session."""
    return data.get("format") == FORMAT


def measure_name(m: Mapping[str, Any]) -> str:
    """Name of a row: metric, insert, protocol group, pass."""
    parts = [m["metric"], m["insert"], m["group"], f"pass{m['repeat']}" if m["repeat"] is not None else ""]
    return ".".join(part for part in parts if part)


def phantom_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Values of the rows of measurements.csv."""
    reader = "; ".join(dict.fromkeys(s["reader"] for s in data["sign_offs"])) or "automatic proposal"
    uids = "; ".join(ref["uid"] for ref in data["inputs"])
    software = f"strokequant {data['software'].get('strokequant', '')}".strip()
    rows = []
    for m in data["measurements"]:
        value, u = m["value"], m["uncertainty"]
        span = value is not None and u is not None
        beside = [i for i in m["issues"] if i["level"] != "INFO"]
        if not m["judged"] and not beside:
            beside = [i for i in data["issues"] if i["level"] == "STOP"]
        rows.append(
            {
                "case": data["case"],
                "timepoint": data["timepoint"],
                "measure": measure_name(m),
                "value": value,
                "unit": m["unit"],
                "status": m["status"],
                "lower": value - u if span else None,
                "upper": value + u if span else None,
                "method": m["method"],
                "code": "",
                "series_uid": uids,
                "reader": reader,
                "software": software,
                "warnings": " | ".join(f"{i['level']} {i['code']} {i['found']}" for i in unique(beside)),
                "shown": "" if value is None else f"{value:.{m['decimals']}f}",
            }
        )
    return rows
