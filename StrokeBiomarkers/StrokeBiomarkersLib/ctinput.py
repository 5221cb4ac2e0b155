"""Which CT of a case is measured, why another is not, and what its headers and values say before anything is computed."""

from collections.abc import Mapping, Sequence

from strokequant.batch.select_ct import CtChoice, ct_candidates, other_ct, select_ct
from strokequant.dicomio.ct_audit import CtAudit, audit_ct_headers, audit_ct_values
from strokequant.dicomio.read import read_volume
from strokequant.errors import Issue, Level, StrokeQuantError
from strokequant.settings import Settings
from strokequant.types import GeometryAudit, Role, Series, Verdict, Volume

from .offers import Offer, offersOf
from .sourcefiles import hasFiles

PART = "ncct"


class CtInput:
    """The CT series of one case.

    Args:
        series: of the case.
        audits: geometry by series key.
        chosen: keys that a reader named.
        settings: limits.
    """

    def __init__(
        self, series: Sequence[Series], audits: Mapping[str, GeometryAudit], chosen: Sequence[str], settings: Settings
    ):
        self.choice: CtChoice = select_ct(series, audits, chosen=chosen, config=settings.ct_audit)
        self.image: Volume | None = None
        self.values = CtAudit()
        self._series, self._audits, self._settings = series, audits, settings
        self._headers = {s.key: audit_ct_headers(s, config=settings.ct_audit) for s in ctSeries(series)}
        if self.choice.series is not None:
            self._headers[self.choice.series.key] = self.choice.header
            self._read()

    def header(self, key: str) -> CtAudit | None:
        """Audit of the headers of a series; None where it is no CT."""
        return self._headers.get(key)

    def blocking(self) -> tuple[Issue, ...]:
        """Why nothing may be measured; empty where something may."""
        issues = self.choice.issues if self.choice.series is None else self.values.issues
        return tuple(dict.fromkeys(issue for issue in issues if issue.blocks))

    def offers(self) -> tuple[Offer, ...]:
        """Series of the case; a question about a CT is answered by choosing it."""
        used = {self.choice.series.key: PART} if self.choice.series is not None else {}
        named = {one.key for one in self._series if one.role is not Role.NCCT}
        details = {key: detailOf(audit) for key, audit in self._headers.items()}
        refusals = {key: audit.issues for key, audit in self._headers.items()}
        offers = offersOf(self._series, self._audits, used, roles=(Role.NCCT,), details=details, refusals=refusals)
        return tuple(self._asked(offer, offer.series.key in named) for offer in offers)

    def _asked(self, offer: Offer, other: bool) -> Offer:
        """An offer whose doubts a reader may overrule."""
        if offer.offered or offer.series.key not in self._headers:
            return offer
        issues = offer.issues
        if other:
            audit = self._audits.get(offer.series.key)
            refused = audit.issues if audit is not None and audit.verdict is Verdict.REFUSE else ()
            doubts = (*offer.series.issues, *refused, *self._headers[offer.series.key].issues)
            issues = tuple(issue for issue in doubts if issue.blocks)
        isQuestion = all(issue.level is Level.ASK for issue in issues)
        return offer._replace(offered=isQuestion, issues=issues)

    def _read(self) -> None:
        """Values of the chosen series: what air reads is known before anything is computed."""
        if not hasFiles(self.choice.series):
            return
        settings = self._settings
        try:
            self.image = read_volume(self.choice.series, config=settings.read)
        except StrokeQuantError as error:
            self.values = CtAudit({}, error.issues)
            return
        types = self.image.provenance.get("rescale_types") or ()
        self.values = audit_ct_values(self.image, rescale_types=types, config=settings.ct_audit)


def ctSeries(series: Sequence[Series]) -> tuple[Series, ...]:
    """CT that a person may choose."""
    return tuple({one.key: one for one in (*ct_candidates(series), *other_ct(series))}.values())


def detailOf(audit: CtAudit) -> str:
    """What tells CT series apart: kernel and thickness."""
    thickness = ", ".join(f"{mm:g}" for mm in audit.facts.get("thickness_mm") or ())
    return "  ".join(part for part in (audit.facts.get("kernel", ""), f"{thickness} mm" if thickness else "") if part)
