"""One session of any phantom: the analysis of its kind on the series that suit it."""

from collections.abc import Sequence

from ..phantom_types import PhantomDefinition, PhantomKind, PhantomSession
from ..types import Series
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
    from .volume_inserts import analyze_volume_inserts

    return analyze_volume_inserts(series, phantom, serial=stated.serial, observations=stated.observations)
