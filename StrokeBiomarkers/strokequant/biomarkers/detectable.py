"""Minimal detectable difference: how much two readings of one volume differ by measurement alone.

    SEM = SD(differences) / sqrt(2),    MDD = 1.96 sqrt(2) SEM = 1.96 SD(differences)

A change is beyond it where its absolute value, in integer microliters, is larger; a change that equals it is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from ..errors import Issue, Level, UsageError
from ..follow_up_config import GrowthConfig
from ..statistics.detectable_difference import mdd_from_differences


@dataclass(frozen=True, slots=True)
class Detectability:
    """Minimal detectable difference of a study.

    Args:
        n: pairs of readings.
        sd, sem, mdd: in the unit of the differences.
    """

    n: int
    sd: float
    sem: float
    mdd: float


def detectability(differences: Sequence[float]) -> Detectability:
    """Minimal detectable difference from the paired differences of a study.

    Raises:
        UsageError: E07, fewer than two pairs.
    """
    if len(differences) < 2:
        raise UsageError(
            Issue("E07", Level.STOP, f"{len(differences)} pairs of readings", "two or more", "read more cases twice")
        )
    found = mdd_from_differences(differences)
    return Detectability(len(differences), found.sd, found.sem, found.mdd)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a pair of readers can detect.

    Args:
        ml: minimal detectable difference.
        readers: "this reader", "this pair of readers", or "readers that are not known".
        source: citation, or "this study".
    """

    ml: float
    readers: str
    source: str


@dataclass(frozen=True, slots=True)
class ChangeVerdict:
    """A change against what its readers can detect.

    Args:
        change_ul: integer microliters.
        limit: compared with.
        beyond: True where the change is larger than the limit.
        words: for a reader: "5.2 mL, below the 5.83 mL that this pair of readers can detect".
        issues: E10 where it is not beyond, E11 where the readers are not known.
    """

    change_ul: int
    limit: Limit
    beyond: bool
    words: str
    issues: tuple[Issue, ...] = ()


def limit_for(
    baseline_reader: str,
    followup_reader: str,
    *,
    with_ventricles: bool,
    study_ml: float | None = None,
    config: GrowthConfig = GrowthConfig(),
) -> Limit:
    """Published limit for one reader or two; that of two where the readers are not known.

    Args:
        baseline_reader, followup_reader: codes of the readers; empty where not known.
        with_ventricles: the volume is that of hematoma and ventricular blood.
        study_ml: minimal detectable difference of the study itself, which replaces the published one.
    """
    known = bool(baseline_reader and followup_reader)
    same = known and baseline_reader == followup_reader
    who = "this reader" if same else "this pair of readers" if known else "two readers"
    if study_ml is not None:
        return Limit(study_ml, who, "this study")
    name = f"mdd_{'total_' if with_ventricles else ''}{'intra' if same else 'inter'}_ml"
    source = config.__dataclass_fields__[name].metadata["source"]
    return Limit(getattr(config, name), who, source)


def judge_change(change_ul: int, limit: Limit, *, readers_known: bool = True) -> ChangeVerdict:
    """Compare a change in microliters with what its readers can detect."""
    edge = Fraction(str(limit.ml)) * 1000
    size = abs(change_ul)
    beyond = size > edge
    relation = "above" if beyond else "below" if size < edge else "no more than"
    words = f"{_text(change_ul)} mL, {relation} the {limit.ml:g} mL that {limit.readers} can detect"
    issues = []
    if not beyond:
        remedy = "do not read it as growth or shrinkage of this patient"
        issues.append(Issue("E10", Level.WARN, words, f"more than {limit.ml:g} mL ({limit.source})", remedy))
    if not readers_known:
        remedy = "name the reader of both time points"
        issues.append(Issue("E11", Level.WARN, "the readers are not known", "one reader, or a pair", remedy))
    return ChangeVerdict(change_ul, limit, beyond, words, tuple(issues))


def _text(microliter: int) -> str:
    """Milliliters with every digit that is not a trailing zero."""
    text = f"{Decimal(microliter) / 1000:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")
