"""A standard operating procedure as data: what a reader does, in which order, and what must hold before each step.

A procedure is written in YAML, checked against `procedure.schema.json`, and shipped as canonical JSON whose hash every record carries. What
a schema cannot say is checked here: that steps are told apart, deviations are declared, conditions can be read, and that no step which
takes a reader's judgment runs without one.
"""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..errors import Issue, Level
from ..record.files import schema_errors
from .canonical import ProcedureError, canonical_bytes, content_hash
from .expressions import Expression, ExpressionError, parse

SCHEMA = Path(__file__).parent / "procedure.schema.json"
LANGUAGES = ("en", "ko")


class State(StrEnum):
    """Whether a procedure may be walked."""

    DRAFT = "draft"
    EFFECTIVE = "effective"
    RETIRED = "retired"


class Severity(StrEnum):
    """What a condition that does not hold does to the step."""

    STOP = "stop"
    """The step does not begin, unless the deviation is allowed and a reader gives the reason."""
    WARN = "warn"
    """The step goes on; the deviation is recorded."""
    INFO = "info"
    """Provenance."""


class Action(StrEnum):
    """Kind of a step."""

    CONFIRM = "confirm"
    LOAD = "load"
    REGISTER = "register"
    COMPUTE = "compute"
    SEGMENT = "segment"
    CLASSIFY = "classify"
    MEASURE = "measure"
    REVIEW = "review"
    SIGN = "sign"


JUDGMENT = frozenset({Action.CONFIRM, Action.CLASSIFY, Action.REVIEW, Action.SIGN})
"""Actions that no program may take in a reader's place."""


class Consequence(StrEnum):
    """What a deviation leads to."""

    NOTE = "note"
    QUERY = "query"
    NOT_EVALUABLE = "not_evaluable"
    RETRAIN = "retrain"


@dataclass(frozen=True)
class Words:
    """One text in every language of the product."""

    en: str
    ko: str

    def in_language(self, language: str) -> str:
        """Korean for "ko" and "ko-KR", else English."""
        return self.ko if language.lower().startswith("ko") else self.en


@dataclass(frozen=True)
class Check:
    """A condition of a step.

    Args:
        id: unique in the procedure.
        condition: over the facts of the case.
        severity: effect where it does not hold, or cannot be told.
        deviation: code of the deviation that it then is; empty for none.
        text: what must hold, for the reader.
    """

    id: str
    condition: Expression
    severity: Severity
    deviation: str
    text: Words


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Args:
        id: such as A1.
        text: instruction.
        action: kind.
        module: Slicer module whose panel the step is done on; empty where the wizard's own will do.
        preconditions: what must hold before.
        postconditions: what must hold after.
        record: facts that are kept with the step.
        allow_skip: may be left out, with a reason.
        allowed_deviations: codes with which a reader may go on in spite of a stop, with a reason.
        automatic: may run without a reader.
    """

    id: str
    text: Words
    action: Action
    module: str = ""
    preconditions: tuple[Check, ...] = ()
    postconditions: tuple[Check, ...] = ()
    record: tuple[str, ...] = ()
    allow_skip: bool = False
    allowed_deviations: tuple[str, ...] = ()
    automatic: bool = False


@dataclass(frozen=True)
class Deviation:
    """A departure from the procedure that has a name."""

    code: str
    text: Words
    consequence: Consequence


@dataclass(frozen=True)
class Procedure:
    """A procedure that may be walked.

    Args:
        sop_id, version: such as SB-CORE-001 and 1.0.0; a changed threshold or translation is a new version.
        state: only an effective one is walked.
        effective_date: ISO date.
        supersedes: `sop_id@version` of the one before; empty for the first.
        title: for the reader.
        task: such as infarct_core.
        inputs: role, modality and whether it is required.
        parameters: value, unit, whether a reader may change it, and source, by name; conditions ask for them as for facts.
        steps: in order.
        outputs: id, code and unit of what is measured.
        deviations: by code.
        content_hash: SHA-256 of the canonical bytes.
    """

    sop_id: str
    version: str
    state: State
    effective_date: date
    supersedes: str
    title: Words
    task: str
    inputs: tuple[Mapping[str, Any], ...]
    parameters: Mapping[str, Mapping[str, Any]]
    steps: tuple[Step, ...]
    outputs: tuple[Mapping[str, Any], ...]
    deviations: Mapping[str, Deviation]
    content_hash: str

    @property
    def name(self) -> str:
        """`sop_id@version`."""
        return f"{self.sop_id}@{self.version}"

    @property
    def limits(self) -> dict[str, Any]:
        """Value of every parameter by name."""
        return {name: parameter["value"] for name, parameter in self.parameters.items()}

    def step(self, step_id: str) -> Step:
        """The step of this id.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.id == step_id:
                return step
        raise KeyError(step_id)


def read_procedure(path: Path, names: Collection[str]) -> Procedure:
    """A shipped procedure.

    Args:
        path: canonical JSON.
        names: facts that conditions may ask for.

    Raises:
        ProcedureError: W02, the file is not in canonical form, which is also so where someone changed it by hand; W03, what it holds is
            no procedure.
    """
    try:
        content = path.read_bytes()
        data = json.loads(content)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _unusable(path.name, f"{type(error).__name__}", "a procedure as canonical JSON") from error
    if canonical_bytes(data) != content:
        expected = "canonical JSON, as the tool writes it from YAML"
        remedy = "restore the shipped file; a change is a new version"
        raise ProcedureError(Issue("W02", Level.STOP, f"{path.name} is not in canonical form", expected, remedy))
    return procedure_of(data, names, subject=path.name)


def procedure_of(data: Any, names: Collection[str], *, subject: str = "procedure") -> Procedure:
    """A procedure from plain data.

    Args:
        data: as YAML or JSON gives it.
        names: facts that conditions may ask for, beside the parameters of the procedure.
        subject: what to call it in messages.

    Raises:
        ProcedureError: W03 with everything that is wrong; W02, values without a canonical form.
    """
    digest = content_hash(data)
    wrong = schema_errors(data, SCHEMA)
    if wrong:
        raise ProcedureError(*(_issue(subject, text) for text in wrong))
    problems: list[str] = []
    steps = tuple(_step(plain, names, data["parameters"], problems) for plain in data["steps"])
    deviations = {
        d["code"]: Deviation(d["code"], Words(**d["text"]), Consequence(d["consequence"]))
        for d in data["deviation_codes"]
    }
    problems += [f"parameter {name} has the name of a fact" for name in sorted(set(data["parameters"]) & set(names))]
    problems += _lint(data, steps, deviations)
    effective = _date(data["effective_date"], problems)
    if problems:
        raise ProcedureError(*(_issue(subject, text) for text in problems))
    return Procedure(
        sop_id=data["sop_id"],
        version=data["version"],
        state=State(data["status"]),
        effective_date=effective,
        supersedes=data.get("supersedes", ""),
        title=Words(**data["title"]),
        task=data["task"],
        inputs=tuple(data["inputs"]),
        parameters=data["parameters"],
        steps=steps,
        outputs=tuple(data["outputs"]),
        deviations=deviations,
        content_hash=digest,
    )


def _step(plain: Mapping[str, Any], names: Collection[str], parameters: Collection[str], problems: list[str]) -> Step:
    known = {*names, *parameters}
    unheard = sorted(set(plain["record"]) - set(names))
    problems += [f"step {plain['id']} records {name!r}, which is no fact" for name in unheard]
    return Step(
        id=plain["id"],
        text=Words(**plain["text"]),
        action=Action(plain["action"]),
        module=plain.get("module", ""),
        preconditions=tuple(_checks(plain.get("preconditions", ()), known, problems)),
        postconditions=tuple(_checks(plain.get("postconditions", ()), known, problems)),
        record=tuple(plain["record"]),
        allow_skip=plain.get("allow_skip", False),
        allowed_deviations=tuple(plain.get("allowed_deviations", ())),
        automatic=plain["headless"] == "auto",
    )


def _checks(plain: Iterable[Mapping[str, Any]], names: Collection[str], problems: list[str]) -> Iterable[Check]:
    for check in plain:
        try:
            condition = parse(check["expr"], names)
        except ExpressionError as error:
            problems += [f"check {check['id']}: {issue.found}; expected: {issue.expected}" for issue in error.issues]
            continue
        yield Check(
            check["id"], condition, Severity(check["severity"]), check.get("deviation", ""), Words(**check["text"])
        )


def _lint(data: Mapping[str, Any], steps: tuple[Step, ...], deviations: Mapping[str, Deviation]) -> list[str]:
    """What a schema does not see."""
    checks = [check for step in steps for check in (*step.preconditions, *step.postconditions)]
    twice = {
        "step": [s.id for s in steps],
        "check": [c.id for c in checks],
        "deviation": [d["code"] for d in data["deviation_codes"]],
        "output": [o["id"] for o in data["outputs"]],
    }
    problems = [
        f"{kind} {name} is there twice" for kind, ids in twice.items() for name, n in Counter(ids).items() if n > 1
    ]
    used = {c.deviation for c in checks if c.deviation} | {code for s in steps for code in s.allowed_deviations}
    problems += [f"deviation {code} is used and not declared" for code in sorted(used - set(deviations))]
    problems += [
        f"check {c.id} stops or warns without a deviation code"
        for c in checks
        if c.severity is not Severity.INFO and not c.deviation
    ]
    problems += [
        f"step {s.id} ({s.action}) takes a reader and is called automatic"
        for s in steps
        if s.automatic and s.action in JUDGMENT
    ]
    if [s.action for s in steps].count(Action.SIGN) != 1 or steps[-1].action is not Action.SIGN:
        problems.append("the last step, and no other, signs")
    problems += [f"{where} is empty or not in NFC" for where in _bad_words(data, "$")]
    return problems


def _bad_words(value: Any, where: str) -> Iterable[str]:
    """Places of texts that say nothing in one of the languages."""
    if isinstance(value, Mapping):
        if set(value) == set(LANGUAGES):
            yield from (f"{where}.{language}" for language, text in value.items() if not text.strip())
            return
        for key, part in value.items():
            yield from _bad_words(part, f"{where}.{key}")
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from _bad_words(part, f"{where}[{n}]")


def _date(text: str, problems: list[str]) -> date:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    problems.append(f"effective_date {text!r} is no date such as 2026-01-15")
    return date.min


def _unusable(subject: str, found: str, expected: str) -> ProcedureError:
    return ProcedureError(
        Issue("W03", Level.STOP, f"{subject}: {found}", expected, "restore the shipped file", subject)
    )


def _issue(subject: str, found: str) -> Issue:
    return Issue(
        "W03", Level.STOP, found, "a procedure that holds to its schema and rules", "correct its YAML file", subject
    )
