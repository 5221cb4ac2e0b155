"""How a phantom scan keeps to the protocols of the profile, as a table of the report."""

from collections.abc import Mapping
from html import escape
from typing import Any

from .sections import table


def conformance_table(data: Mapping[str, Any]) -> str:
    """Every item of the nearest protocol, and how many items of the others fail; empty where nothing was compared."""
    rows = data["protocol"].get("conformance") or []
    if not rows:
        return ""
    nearest = rows[0]
    mark = "" if nearest["confirmed"] else "; not checked against the document"
    head = f"Against {nearest['name']} ({nearest['set']}: {nearest['source']}{mark})"
    items = [
        (escape(item["name"]), escape(_shown(item)), escape(item["expected"]), escape(item["outcome"]))
        for item in nearest["items"]
    ]
    others = "; ".join(
        f"{row['set']}: {row['failed']} fail, {row['not_in_header']} not in the header" for row in rows[1:]
    )
    return f"<p>{escape(head)}</p>{table(('Item', 'Scan', 'Asked for', 'Outcome'), items)}<p>{escape(others)}</p>"


def _shown(item: Mapping[str, Any]) -> str:
    found = item["found"]
    if found is None:
        return ""
    text = (
        "/".join(f"{v:g}" for v in found)
        if isinstance(found, list)
        else f"{found:g}"
        if isinstance(found, int | float)
        else found
    )
    return f"{text} {item['unit']}".strip() if item["unit"] != "1" else text
