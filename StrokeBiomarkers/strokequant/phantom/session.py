"""One session of any phantom: the analysis of its kind on the series that suit it."""

from collections.abc import Sequence
from dataclasses import replace

from ..dicomio.read import read_volume
from ..errors import StrokeQuantError
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
    facts = {"serial": stated.serial, "observations": stated.observations, "placements": stated.placements}
    if phantom.kind in (PhantomKind.ACR_CT, PhantomKind.ACR_MRI):
        from .acr_session import analyze_acr

        return _with_picture(analyze_acr(series, phantom, **facts), series)
    if any("blood" in insert.traits for insert in phantom.inserts):
        from .blood_inserts import analyze_blood_inserts

        return analyze_blood_inserts(series, phantom, **facts)
    from .volume_inserts import analyze_volume_inserts

    return analyze_volume_inserts(series, phantom, **facts)


def _with_picture(session: PhantomSession, series: Sequence[Series]) -> PhantomSession:
    """The session with the image that its regions lie on, for the report."""
    uids = {ref.uid for ref in session.inputs}
    measured = next((s for s in series if s.series_uid in uids), None)
    if measured is None or session.geometry is None or session.images:
        return session
    try:
        volume = read_volume(measured)
    except StrokeQuantError:
        return session
    if volume.values.shape != session.geometry.shape:
        return session
    return replace(session, images={"ct" if measured.modality == "CT" else "image": volume.values})
