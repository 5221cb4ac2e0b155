"""Facts of a case, as the conditions of a procedure ask for them.

Numbers come from the record as they are: nothing is measured here, and what is not there is left out, never guessed.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from ..errors import Issue, Level
from ..phantom_types import PhantomRecord
from ..types import CaseRecord, GeometryAudit
from .canonical import ProcedureError
from .diffusion_facts import diffusion_facts
from .fact_registry import FACTS, Fact
from .follow_up_facts import follow_up_facts
from .hemorrhage_facts import hemorrhage_facts
from .perfusion_facts import perfusion_facts
from .phantom_facts import phantom_facts
from .procedure import Consequence
from .series_facts import series_facts
from .walk import Walk

_PARTS = (diffusion_facts, perfusion_facts, hemorrhage_facts, follow_up_facts)


def facts_of(record: CaseRecord, *, reading: Mapping[str, Any] = {}, looked_at: Collection[str] = ()) -> dict[str, Any]:
    """Facts of one time point.

    Args:
        record: as measured so far.
        reading: facts of the reader by name: what a reader answered, and what worklist and register say.
        looked_at: keys of series that are read by eye and not measured, such as an angiography.

    Returns:
        Value by name; what is not known is absent.

    Raises:
        ProcedureError: W07, a fact that is none, that the record gives, or that is of another type.
    """
    return _known([series_facts(record, looked_at), *(part(record) for part in _PARTS)], reading)


def facts_of_session(
    record: PhantomRecord, *, audits: Mapping[str, GeometryAudit] = {}, reading: Mapping[str, Any] = {}
) -> dict[str, Any]:
    """Facts of a phantom session.

    Args:
        record: of the session.
        audits: geometry by key of the series that were measured.
        reading: as of `facts_of`.

    Raises:
        ProcedureError: as of `facts_of`.
    """
    return _known([phantom_facts(record, audits)], reading)


def facts_of_walk(walk: Walk) -> dict[str, Any]:
    """What the steps before the current one say: does a deviation among them leave nothing to be measured?

    The current step and later ones do not count, so that a reader who goes back may decide anew.
    """
    before = [walk.done[s.id] for s in walk.procedure.steps[: walk.position] if s.id in walk.done]
    codes = {code for done in before for code in done.deviations}
    deviations = walk.procedure.deviations
    return {"not_evaluable_found": any(deviations[c].consequence is Consequence.NOT_EVALUABLE for c in codes)}


def _known(parts: Iterable[Mapping[str, Any]], reading: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: _plain(value) for part in parts for name, value in part.items()}
    found = {name: value for name, value in found.items() if value is not None}
    wrong = [problem for name, value in sorted(reading.items()) if (problem := _problem(name, value))]
    if wrong:
        expected = "facts of the reader, of the type that they are registered with"
        remedy = "correct what was answered"
        raise ProcedureError(*(Issue("W07", Level.STOP, text, expected, remedy) for text in wrong))
    return found | {name: value for name, value in reading.items() if value is not None}


def _plain(value: Any) -> Any:
    """A value without numpy; None for a number that is not finite."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _problem(name: str, value: Any) -> str:
    """What is wrong with an answer of a reader, in words; empty where nothing is."""
    fact = FACTS.get(name)
    if fact is None:
        return f"{name!r} is no fact"
    if not fact.of_reader:
        return f"{name!r} is a fact of the record, not of the reader"
    return "" if value is None or is_of_kind(fact, value) else f"{name} = {value!r}"


def is_of_kind(fact: Fact, value: Any) -> bool:
    """True where a value is of the type of its fact."""
    if fact.kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if fact.kind is list:
        return isinstance(value, list | tuple) and all(isinstance(element, str) for element in value)
    return isinstance(value, fact.kind)
