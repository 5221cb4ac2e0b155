"""Issues and errors: what was found, what was expected, what to do.

Every problem in the product is one `Issue` with a stable code and one of four levels. A function that can go on returns its
issues beside the result; a function that cannot raises a `StrokeQuantError` that carries them.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """What an issue does to the number it belongs to."""

    STOP = "STOP"
    """No number is produced."""
    ASK = "ASK"
    """The number waits for a reader's explicit choice; in batch it is a refusal with the question."""
    WARN = "WARN"
    """The number is produced and the warning is printed beside it in every export."""
    INFO = "INFO"
    """Provenance only."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong or worth knowing.

    Args:
        code: stable code, listed in `issue_codes.ISSUE_CODES`.
        level: effect on the number.
        found: what was found, with the value and the tag where there is one.
        expected: what was expected.
        remedy: what to do about it.
        subject: what it is about: a series label, a file name relative to the input, a map.
    """

    code: str
    level: Level
    found: str
    expected: str = ""
    remedy: str = ""
    subject: str = ""

    @property
    def blocks(self) -> bool:
        """True where no number may be produced without a reader."""
        return self.level in (Level.STOP, Level.ASK)

    def __str__(self) -> str:
        where = f"{self.subject}: " if self.subject else ""
        parts = [f"{self.level} {self.code} {where}{self.found}"]
        if self.expected:
            parts.append(f"expected: {self.expected}")
        if self.remedy:
            parts.append(f"do: {self.remedy}")
        return "; ".join(parts)

    def as_dict(self) -> dict[str, str]:
        """Plain dictionary for JSON."""
        return {key: str(value) for key, value in asdict(self).items()}


class StrokeQuantError(Exception):
    """Base of all errors of this library; carries the issues that explain it."""

    def __init__(self, *issues: Issue):
        self.issues = issues
        super().__init__("\n".join(str(issue) for issue in issues))


class UsageError(StrokeQuantError):
    """The command or a configuration was used wrongly."""


class InputError(StrokeQuantError):
    """A path, archive or file cannot be opened or holds nothing usable."""


class ReadError(StrokeQuantError):
    """A series is there but cannot be read rightly."""


class GeometryError(StrokeQuantError):
    """Slices do not form a volume that may be measured, or two grids do not match."""


class UnitError(StrokeQuantError):
    """A unit is missing, unknown or implausible."""


class MapError(StrokeQuantError):
    """A map (ADC, CBF, ...) cannot be computed from what was read."""


class SegmentationError(StrokeQuantError):
    """A mask cannot be made."""


class RecordError(StrokeQuantError):
    """A record, table, report or DICOM object cannot be written or does not verify."""


class TrialError(StrokeQuantError):
    """A reading of a trial, or of any procedure, that may not go on as asked; nothing that was there before is lost."""


class MissingRequirementError(StrokeQuantError):
    """An optional Python package is needed and absent."""
