"""Provenance of a reading: who read, after which procedure, what was checked, and what departed from it.

It belongs to a record of a trial or of any reading that walked a procedure; other records have none. Texts are those of the procedure,
in both languages, so that a record says what it means without the procedure at hand. It holds times, and never a patient.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class CheckProvenance:
    """A condition of a step and what it gave.

    Args:
        id, condition: of the procedure.
        text, text_ko: what must hold, in words.
        inputs: facts that it asked for; None for what was not known.
        holds: None where it could not be told, which counts as not.
        severity: "stop", "warn" or "info".
        deviation: code of the deviation that it then is; empty for none.
    """

    id: str
    condition: str
    holds: bool | None
    severity: str
    deviation: str = ""
    text: str = ""
    text_ko: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviationProvenance:
    """A departure from the procedure that has a name.

    Args:
        code, text, text_ko: of the procedure.
        consequence: "note", "query", "not_evaluable" or "retrain".
        reason: that was given.
    """

    code: str
    text: str
    text_ko: str
    consequence: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepProvenance:
    """One step as it was done.

    Args:
        id, text, text_ko: of the procedure.
        reader: code of who did it; empty for the program.
        started_utc, finished_utc: ISO 8601; empty where not kept.
        skipped: reason; empty where it was done.
        checks: its conditions.
        deviations: found in it.
    """

    id: str
    text: str
    text_ko: str
    reader: str = ""
    started_utc: str = ""
    finished_utc: str = ""
    skipped: str = ""
    checks: tuple[CheckProvenance, ...] = ()
    deviations: tuple[DeviationProvenance, ...] = ()


@dataclass(frozen=True, slots=True)
class AcquisitionProvenance:
    """One series against its acquisition profile, as it was when it was taken in.

    Args:
        series: key of the de-identified series.
        role: of the series.
        profile: id and version.
        outcome: "ideal", "minimum, not ideal", or "below the minimum, or not known".
        scanner: verdict of phantom sessions: "qualified", "conditional", "failed" or "no_verdict"; empty where no history was given.
        scanner_current: the verdict is in date and the scanner as it was then; None where it is not known.
        reasons: what is not as the profile asks for, with code, coded reason and limit.
    """

    series: str
    role: str
    profile: str
    outcome: str
    scanner: str = ""
    scanner_current: bool | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingProvenance:
    """How a reading came about.

    Args:
        item: pseudonym of what was read.
        procedure, version, content_hash: such as "SB-CORE-001", "1.0.0" and the SHA-256 of its canonical bytes.
        title, title_ko: of the procedure.
        reader: register id; empty while no reader was there.
        reader_name: printed name.
        role: "reader", "adjudicator", "reviewer" or "eligibility_reader".
        meaning: of the signature; empty while unsigned.
        audit_head: `seq:hash` of the audit trail as it was when signing was asked for; empty while unsigned.
        evaluability: "diagnostic", "limited" or "non-diagnostic"; empty where nobody graded it.
        evaluability_reasons: coded.
        steps: in the order of the procedure; those that were not reached are not there.
        charter_sha256: of the charter that the reading was done under; empty without one.
        trial, trial_title, sponsor: as in the charter; empty without one.
        acquisition: of the series, as the intake of the item found them; empty where there was none.
        acquisition_sha256: of the file that holds all of it.
        prior: pseudonym of the earlier read item that this one is compared with; empty for none.
        prior_manifest_sha256: of the signed version of it.
    """

    item: str
    procedure: str
    version: str
    content_hash: str
    title: str = ""
    title_ko: str = ""
    reader: str = ""
    reader_name: str = ""
    role: str = "reader"
    meaning: str = ""
    audit_head: str = ""
    evaluability: str = ""
    evaluability_reasons: tuple[str, ...] = ()
    steps: tuple[StepProvenance, ...] = ()
    charter_sha256: str = ""
    trial: str = ""
    trial_title: str = ""
    sponsor: str = ""
    acquisition: tuple[AcquisitionProvenance, ...] = ()
    acquisition_sha256: str = ""
    prior: str = ""
    prior_manifest_sha256: str = ""

    @property
    def sop(self) -> str:
        """Procedure and version, such as "SB-CORE-001@1.0.0"."""
        return f"{self.procedure}@{self.version}"

    @property
    def deviations(self) -> tuple[DeviationProvenance, ...]:
        """Of all steps."""
        return tuple(one for step in self.steps for one in step.deviations)
