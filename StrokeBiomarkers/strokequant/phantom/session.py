"""One session of any phantom: the analysis of its kind on the series that suit it."""

from collections.abc import Sequence

from ..errors import Issue, Level
from ..phantom_types import PhantomDefinition, PhantomKind, PhantomSession, ScannerState
from ..types import Equipment, Series
from .diffusion_session import DiffusionSettings, Stated, analyze_diffusion


def measure_session(
    series: Sequence[Series],
    phantom: PhantomDefinition,
    stated: Stated = Stated(),
    *,
    settings: DiffusionSettings = DiffusionSettings(),
) -> PhantomSession:
    """Measure the phantom that was named; what cannot be measured is said in the issues of the session."""
    if phantom.kind is PhantomKind.DIFFUSION:
        return analyze_diffusion(series, phantom, stated, settings=settings)
    if phantom.kind in (PhantomKind.ACR_CT, PhantomKind.ACR_MRI):
        from .acr_session import analyze_acr

        return analyze_acr(series, phantom, serial=stated.serial, observations=stated.observations)
    remedy = "name a diffusion or ACR phantom; inserts of known volume are measured as lesions are"
    found = f"no automatic analysis for phantoms of kind {phantom.kind}"
    issue = Issue("Q01", Level.STOP, found, "a diffusion, ACR CT or ACR MRI phantom", remedy)
    return PhantomSession(phantom, ScannerState(Equipment()), "", (), serial_seen=stated.serial, issues=(issue,))
