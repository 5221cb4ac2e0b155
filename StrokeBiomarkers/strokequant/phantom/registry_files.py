"""The phantom registry: one versioned file for each phantom, in the folder `registry` or wherever a site keeps its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import Issue, Level, UsageError
from ..phantom_types import Certificate, Insert, PhantomDefinition, PhantomKind, TemperatureLaw
from .data_files import checked_json, refused

FOLDER = Path(__file__).resolve().parent / "registry"
SCHEMA = FOLDER / "phantom.schema.json"
CODE = "Q58"


def load_phantom(path: Path) -> PhantomDefinition:
    """One registry file.

    Raises:
        UsageError: Q58, a file that cannot be read, does not hold to the schema or contradicts itself.
    """
    data, digest = checked_json(Path(path), SCHEMA, CODE)
    laws = {name: _law(Path(path), name, law) for name, law in data.get("laws", {}).items()}
    definition = PhantomDefinition(
        id=data["id"],
        version=data["version"],
        name=data["name"],
        kind=PhantomKind(data["kind"]),
        manufacturer=data["manufacturer"],
        model=data["model"],
        inserts=tuple(_insert(Path(path), insert, laws) for insert in data["inserts"]),
        certificate=Certificate(**data.get("certificate", {})),
        serial=data.get("serial", ""),
        lot=data.get("lot", ""),
        lengths_mm={name: float(value) for name, value in data["lengths_mm"].items()},
        conditions=data.get("conditions", {}),
        traits=tuple(data.get("traits", ())),
        source=data["source"],
        note=data.get("note", ""),
        sha256=digest,
    )
    labels = [insert.label for insert in definition.inserts]
    if len(set(labels)) != len(labels):
        raise refused(path, "two inserts with one label", "a label for each insert", CODE)
    return definition


def load_registry(*folders: Path) -> dict[str, PhantomDefinition]:
    """All phantoms by id: those that come with the library, then those of the given folders.

    Raises:
        UsageError: Q58, as `load_phantom`, or one id in two files.
    """
    found: dict[str, PhantomDefinition] = {}
    for folder in (FOLDER, *(Path(folder) for folder in folders)):
        for path in sorted(folder.glob("*.json")):
            if path.name == SCHEMA.name:
                continue
            definition = load_phantom(path)
            if definition.id in found:
                raise refused(path, f"a second phantom {definition.id}", "one file for each phantom", CODE)
            found[definition.id] = definition
    return found


def find_phantom(name: str, *folders: Path) -> PhantomDefinition:
    """A phantom by id, by serial number, or by the path of its file.

    Raises:
        UsageError: Q50, no such phantom, or Q58, a file that cannot be used.
    """
    if Path(name).suffix.lower() == ".json":
        return load_phantom(Path(name))
    known = load_registry(*folders)
    by_serial = [d for d in known.values() if d.serial and d.serial.lower() == name.strip().lower()]
    if name in known:
        return known[name]
    if len(by_serial) == 1:
        return by_serial[0]
    expected = f"one of {', '.join(sorted(known))}, a serial number of the registry, or a registry file"
    raise UsageError(Issue("Q50", Level.STOP, f"phantom {name!r}", expected, "name the phantom that was scanned"))


def _law(path: Path, name: str, data: Mapping[str, Any]) -> TemperatureLaw:
    low, high = data["range_c"]
    law = TemperatureLaw(
        kind=data["kind"],
        low_c=float(low),
        high_c=float(high),
        temperatures_c=_floats(data.get("temperatures_c", ())),
        values=_floats(data.get("values", ())),
        uncertainties=_floats(data.get("uncertainties", ())),
        constants=_floats(data.get("constants", ())),
        constants_error=_floats(data.get("constants_error", ())),
        gaps_c=tuple((float(a), float(b)) for a, b in data.get("gaps_c", ())),
        interpolation_percent=float(data.get("interpolation_percent", 0.0)),
        source=data["source"],
    )
    nodes = np.array(law.temperatures_c)
    problem = ""
    if not low < high:
        problem = f"range {low} to {high} °C"
    elif law.kind == "nodes" and len({len(law.temperatures_c), len(law.values), len(law.uncertainties)}) != 1:
        problem = "temperatures, values and uncertainties of different numbers"
    elif law.kind == "nodes" and ((np.diff(nodes) <= 0).any() or nodes[0] > low or nodes[-1] < high):
        problem = "temperatures that do not rise from one end of the range to the other"
    elif law.kind == "nodes" and min(law.values) <= 0:
        problem = "a value that is not above 0"
    if problem:
        raise refused(path, f"law {name}: {problem}", "a law that covers its range", CODE)
    return law


def _insert(path: Path, data: Mapping[str, Any], laws: Mapping[str, TemperatureLaw]) -> Insert:
    data = dict(data)
    name = data.pop("law", None)
    if name is not None and (name not in laws or "value" in data):
        raise refused(path, f"insert {data['label']}: law {name}", "a law of this file and no value beside it", CODE)
    x, y, z = data.pop("center_mm")
    data["traits"] = tuple(data.get("traits", ()))
    law = laws[name] if name is not None else None
    center = (float(x), float(y), None if z is None else float(z))
    return Insert(**data, center_mm=center, law=law)


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
