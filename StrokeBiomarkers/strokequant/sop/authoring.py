"""From the YAML in which procedures are written to the canonical JSON that is shipped and loaded.

A procedure names steps of `common.yaml` by their key; parameters and deviations that its steps use come along. PyYAML is needed here and
nowhere else.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, MissingRequirementError
from .canonical import ProcedureError, canonical_bytes

COMMON = "common.yaml"


def authored(path: Path) -> dict[str, Any]:
    """Plain data of one procedure, complete.

    Args:
        path: YAML file, beside `common.yaml`.

    Raises:
        ProcedureError: W03, no YAML, or a step that `common.yaml` does not hold.
        MissingRequirementError: PyYAML is not installed.
    """
    data, common = _load(path), _load(path.parent / COMMON)
    unknown = [step for step in data["steps"] if isinstance(step, str) and step not in common["steps"]]
    if unknown:
        raise _no_yaml(path, f"steps {', '.join(unknown)}", f"steps of {COMMON}: {', '.join(common['steps'])}")
    steps = [common["steps"][step] if isinstance(step, str) else step for step in data["steps"]]
    words = {word for step in steps for check in checks_of(step) for word in re.findall(r"\w+", check["expr"])}
    codes = {code for step in steps for code in codes_of(step)}
    parameters = {name: value for name, value in common["parameters"].items() if name in words}
    deviations = [d for d in common["deviation_codes"] if d["code"] in codes]
    return {
        **data,
        "steps": steps,
        "parameters": parameters | data["parameters"],
        "deviation_codes": deviations + data["deviation_codes"],
    }


def checks_of(step: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Conditions of a step as plain data."""
    return [*step.get("preconditions", ()), *step.get("postconditions", ())]


def codes_of(step: Mapping[str, Any]) -> set[str]:
    """Deviations that a step names."""
    return {c["deviation"] for c in checks_of(step) if "deviation" in c} | set(step.get("allowed_deviations", ()))


def write_canonical(source: Path, target: Path) -> tuple[Path, ...]:
    """Write every procedure of a folder as canonical JSON.

    Args:
        source: folder of YAML files.
        target: folder of the JSON files; one without a source is left where it is.

    Returns:
        Files that were written because their content changed.
    """
    changed = []
    for path in sources(source):
        out, content = target / f"{path.stem}.json", canonical_bytes(authored(path))
        if not out.exists() or out.read_bytes() != content:
            out.write_bytes(content)
            changed.append(out)
    return tuple(changed)


def sources(folder: Path) -> Iterable[Path]:
    """YAML files of procedures, sorted."""
    return sorted(path for path in folder.glob("*.yaml") if path.name != COMMON)


def _load(path: Path) -> Any:
    try:
        import yaml
    except ImportError as error:
        issue = Issue("W03", Level.STOP, "PyYAML is not installed", "PyYAML", "pip install pyyaml", path.name)
        raise MissingRequirementError(issue) from error
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise _no_yaml(path, " ".join(str(error).split()), "a readable YAML file") from error


def _no_yaml(path: Path, found: str, expected: str) -> ProcedureError:
    return ProcedureError(Issue("W03", Level.STOP, found, expected, "correct its YAML file", path.name))
