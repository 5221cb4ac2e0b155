"""From measurements and clinical facts of one case to what trial rules are asked on."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..perfusion_config import LesionConfig
from ..perfusion_types import Lesions, Reference
from ..types import Measurement
from .quantities import Origin, Quantities

_SECONDS = (4.0, 6.0, 8.0, 10.0)


def case_quantities(
    measurements: Sequence[Measurement],
    clinical: Mapping[str, Any],
    *,
    lesions: Lesions,
    reference: Reference | None,
    modality: str,
    software: str,
    core_limit: float | None = None,
    config: LesionConfig = LesionConfig(),
) -> Quantities:
    """Quantities with their origin; what was not measured stays unknown.

    Args:
        measurements: of `perfusion_measurements`; a reader's numbers where there are any.
        clinical: of `load_clinical`.
        lesions: says what the core is.
        reference: tissue of relative flow.
        modality: "CT" or "MR".
        software: that made the maps, with its estimator, such as "strokequant cSVD 0.2".
        core_limit: ADC threshold in um2/s of a core from diffusion; that of rCBF is in the settings.
        config: thresholds.

    Raises:
        UsageError: K04, a clinical fact that cannot be.
    """
    value = {m.id: m.value for m in measurements}
    tmax_ml = {
        s: value[f"hypoperfusion_{s:g}s_volume"] for s in _SECONDS if _known(value, f"hypoperfusion_{s:g}s_volume")
    }
    volumes = {
        "core_ml": value.get("mismatch_core_volume"),
        "hypo_ml": tmax_ml.get(config.main_tmax_s),
        "severe_ml": tmax_ml.get(10.0),
    }
    is_rcbf = lesions.core_source == "rCBF"
    origin = Origin(
        software=software,
        modality=modality,
        core_map=lesions.core_source,
        core_limit=config.core_rcbf if is_rcbf else core_limit,
        tmax_s=config.main_tmax_s,
        reference=reference.definition if reference is not None else "",
    )
    known = {name: ml for name, ml in volumes.items() if ml is not None}
    return Quantities({**clinical, **known}, tmax_ml, origin)


def _known(value: Mapping[str, float | None], name: str) -> bool:
    return value.get(name) is not None
