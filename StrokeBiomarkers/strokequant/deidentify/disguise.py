"""New UIDs and dates of one subject: what belongs together stays together, and nobody without the secret finds the way back.

UIDs depend on secret and pseudonym, so that two read items of one subject do not share any. The shift of dates depends on the secret
alone: all examinations of a subject move by the same whole number of days, and intervals stay.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from ..deidentify_config import DeidentifyConfig

DICOM_ROOT = "1.2.840.10008."
"""UIDs below it are those of the standard and name nothing of a patient."""

FIRST_YEAR = 1900
"""Dates before it are placeholders."""


@dataclass(frozen=True)
class Disguise:
    """What one subject hides behind.

    Args:
        pseudonym: of the read item.
        secret: of the subject, at least 16 bytes, never beside the images.
        config: range of the shift.
    """

    pseudonym: str
    secret: bytes
    config: DeidentifyConfig = DeidentifyConfig()

    def uid(self, old: str) -> str:
        """New UID of an old one; those of the standard stay."""
        old = old.strip("\0 ")
        if not old or old.startswith(DICOM_ROOT):
            return old
        digest = self._digest(f"uid\0{self.pseudonym}\0{old}")
        return f"2.25.{int.from_bytes(digest[:16], 'big')}"

    @cached_property
    def days(self) -> int:
        """Days that every date moves by; always back."""
        low, high = self.config.shift_days
        return -(low + int.from_bytes(self._digest("days")[:8], "big") % (high - low + 1))

    def shifted(self, text: str) -> str:
        """A DA or DT value moved; empty where it is no full date. The zone of a DT goes: it tells where.

        A year in which nobody was scanned stands for a date that was removed before, and stays.
        """
        text = text.strip("\0 ")
        digits = text.replace(".", "") if len(text) == 10 and text[4] == text[7] == "." else text
        for sign in "+-":
            digits = digits.split(sign)[0]
        if len(digits) < 8 or not digits[:8].isdigit():
            return ""
        try:
            day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
            moved = day if day.year < FIRST_YEAR else day + timedelta(days=self.days)
        except (ValueError, OverflowError):
            return ""
        rest = digits[8:]
        return f"{moved.year:04d}{moved.month:02d}{moved.day:02d}" + (
            rest if rest.replace(".", "", 1).isdigit() else ""
        )

    def _digest(self, text: str) -> bytes:
        return hmac.new(self.secret, text.encode("utf-8", "surrogateescape"), hashlib.sha256).digest()
