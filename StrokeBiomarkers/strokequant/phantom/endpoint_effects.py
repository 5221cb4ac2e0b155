"""Bias of a scanner carried into the endpoint: a core at an ADC threshold, the volume of a hemorrhage.

A scanner that reads ADC (1 + b) times too high compares the true ADC with threshold / (1 + b); the core without the bias is that at threshold (1 + b) on
the measured map, and is segmented again for it. A hemorrhage outlined half-way between clot and surroundings does not change with a linear error of the
CT numbers; an error of length does, by its square in the plane, and a volume phantom says all of it at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..config import CoreConfig
from ..errors import Issue, Level, StrokeQuantError
from ..hemorrhage_config import HematomaConfig
from ..phantom_types import EndpointEffect
from ..segmentation.diffusion_core import prepare_core, segment_core
from ..types import CaseRecord, Measurement
from .history import StoredSession

CORE, HEMORRHAGE = "infarct_core_volume", "ich_volume"
_BIAS, _VOLUME_BIAS, _BEADS = "adc_bias_percent", "volume_bias_percent", "ct_bb_distance"
_BLOOD = "blood_hu_slope"
_BEAD_MM = 100.0
_CLOT_HU = 60.0
_TWO_SIDED = 2.0


def core_effect(record: CaseRecord, session: StoredSession, config: CoreConfig = CoreConfig()) -> EndpointEffect | None:
    """Effect of the ADC bias at the isocenter on the core of a record; None where the session has no bias that may be used."""
    bias = _number(session, _BIAS, lambda insert: insert in ("V0", "water"))
    if bias is None:
        return None
    percent, uncertainty = bias
    effect = EndpointEffect(
        endpoint=CORE,
        metric=_BIAS,
        bias_percent=percent,
        bias_uncertainty_percent=uncertainty,
        words="",
        session_date=session.date,
        scanner=session.scanner.key,
        threshold=config.adc_threshold,
        effective_threshold=config.adc_threshold / (1 + percent / 100),
        unit="um2/s",
    )
    measured = _value(record, CORE)
    volume = _segmenter(record, config) if measured is not None else None
    if volume is None:
        return _untold(effect)
    edges = [percent] if not uncertainty else [percent, percent - uncertainty, percent + uncertainty]
    corrected = [volume(config.adc_threshold * (1 + b / 100)) for b in edges]
    return _with_volumes(effect, measured, corrected)


def hemorrhage_effect(record: CaseRecord, sessions: Sequence[StoredSession]) -> EndpointEffect | None:
    """Effect of the volume bias, or of the error of length, on the hematoma of a record.

    Args:
        sessions: of the scanner up to the day of the scan, oldest first; the last that measured volumes counts before the last that measured lengths.
    """
    measured = _value(record, HEMORRHAGE)
    if not measured:
        return None
    for metric, factor in ((_VOLUME_BIAS, _volume_factor), (_BEADS, _length_factor)):
        for session in reversed(sessions):
            found = factor(session, measured)
            if found is None:
                continue
            scale, uncertainty = found
            percent = 100 * (scale - 1)
            effect = EndpointEffect(
                HEMORRHAGE, metric, percent, uncertainty, "", session_date=session.date, scanner=session.scanner.key
            )
            edges = [percent] if not uncertainty else [percent, percent - uncertainty, percent + uncertainty]
            return _with_volumes(effect, measured, [measured / (1 + b / 100) for b in edges])
    return None


def density_effect(
    record: CaseRecord, sessions: Sequence[StoredSession], config: HematomaConfig = HematomaConfig()
) -> EndpointEffect | None:
    """Effect of the CT numbers of blood-like rods on the hematoma of a record: none on its border, which lies half-way between clot and surroundings,
    but the densities that a clot is told by stand for other true ones.

    Args:
        sessions: of the scanner up to the day of the scan, oldest first; the last that measured the rods counts.
    """
    measured = _value(record, HEMORRHAGE)
    for session in reversed(sessions):
        slope, offset = (_number(session, name, lambda insert: True) for name in (_BLOOD, "blood_hu_offset"))
        if slope is None or offset is None or not slope[0] > 0:
            continue
        bias = 100 * (slope[0] * _CLOT_HU + offset[0] - _CLOT_HU) / _CLOT_HU
        effect = EndpointEffect(
            HEMORRHAGE,
            _BLOOD,
            bias,
            None,
            "",
            session_date=session.date,
            scanner=session.scanner.key,
            threshold=config.clot_low_hu,
            effective_threshold=(config.clot_low_hu - offset[0]) / slope[0],
            unit="[hnsf'U]",
        )
        effect = replace(effect, words=f"{_bias_words(effect)}; the border half-way does not move with it")
        return (
            effect if measured is None else replace(effect, measured=measured, corrected=measured, effect_percent=0.0)
        )
    return None


def effect_issue(effect: EndpointEffect) -> Issue:
    """The issue that stands beside the endpoint."""
    code = "Q72" if effect.effect_percent is not None else "Q73"
    expected = "no bias"
    return Issue(code, Level.INFO, effect.words, expected, "the number is not corrected", effect.endpoint)


def _segmenter(record: CaseRecord, config: CoreConfig) -> Callable[[float], float] | None:
    """Volume of the automatic core at another threshold; None where the images are not there or a reader has edited it."""
    adc, dwi, brain, core = (
        record.maps.get("adc"),
        record.images.get("dwi"),
        record.masks.get("brain"),
        record.masks.get("infarct_core"),
    )
    if adc is None or dwi is None or brain is None or core is None or core.edited_by:
        return None
    try:
        prepared = prepare_core(adc, dwi, brain, config=config)
    except StrokeQuantError:
        return None

    def volume(threshold: float) -> float:
        moved = replace(config, adc_threshold=threshold)
        return segment_core(adc, dwi, brain, config=moved, prepared=prepared).mask.volume_ml

    return volume


def _with_volumes(effect: EndpointEffect, measured: float, corrected: list[float]) -> EndpointEffect:
    shares = [100 * (measured - one) / one if one > 0 else None for one in corrected]
    known = [share for share in shares if share is not None]
    ends = (min(known), max(known)) if len(known) == len(shares) > 1 else (None, None)
    effect = replace(
        effect,
        measured=measured,
        corrected=corrected[0],
        effect_percent=shares[0],
        lower_percent=ends[0],
        upper_percent=ends[1],
    )
    span = f" ({ends[0]:+.1f} to {ends[1]:+.1f} %)" if ends[0] is not None else ""
    change = f"{shares[0]:+.1f} %{span}" if shares[0] is not None else "not defined in percent"
    words = f"{_bias_words(effect)}; volume {measured:.2f} mL, {corrected[0]:.2f} mL without the bias: {change}"
    return replace(effect, words=words)


def _untold(effect: EndpointEffect) -> EndpointEffect:
    issue = Issue("Q73", Level.INFO, "no automatic core to segment again", "an automatic core with its images")
    words = f"{_bias_words(effect)}; what it does to the volume was not computed"
    return replace(effect, words=words, issues=(issue,))


def _bias_words(effect: EndpointEffect) -> str:
    plus = f" ± {effect.bias_uncertainty_percent:.1f}" if effect.bias_uncertainty_percent else ""
    what = {_BIAS: "ADC", _VOLUME_BIAS: "volume", _BEADS: "area", _BLOOD: f"CT number at {_CLOT_HU:g} HU,"}[
        effect.metric
    ]
    words = f"phantom of {effect.session_date}: {what} bias {effect.bias_percent:+.1f}{plus} %"
    if effect.threshold is not None:
        true = "CT number" if effect.metric == _BLOOD else "ADC"
        words += f"; the threshold of {effect.threshold:g} stands for a true {true} of {effect.effective_threshold:.0f}"
    return words


def _value(record: CaseRecord, measure_id: str) -> float | None:
    found: Measurement | None = next((m for m in record.measurements if m.id == measure_id), None)
    return None if found is None else found.value


def _rows(session: StoredSession, metric: str) -> list[dict[str, Any]]:
    names = (
        "metric",
        "insert",
        "repeat",
        "group",
        "value",
        "unit",
        "uncertainty",
        "reference",
        "judged",
        "status",
    )
    rows = [dict(zip(names, row, strict=True)) for row in session.content.get("measurements", ())]
    return [row for row in rows if row["metric"] == metric and row["value"] is not None and row["judged"]]


def _number(session: StoredSession, metric: str, wanted: Callable[[str], bool]) -> tuple[float, float | None] | None:
    """Value over all passes, else the mean of the passes, with its uncertainty; of the first protocol, for they are never pooled."""
    rows = [row for row in _rows(session, metric) if wanted(row["insert"])]
    rows = [row for row in rows if row["group"] == min(r["group"] for r in rows)]
    rows = [row for row in rows if row["repeat"] is None] or rows
    if not rows:
        return None
    known = [row["uncertainty"] for row in rows if row["uncertainty"] is not None]
    return float(np.mean([row["value"] for row in rows])), max(known) if known else None


def _volume_factor(session: StoredSession, measured: float) -> tuple[float, float | None] | None:
    """Measured over true volume of the insert nearest in size."""
    rows = [row for row in _rows(session, _VOLUME_BIAS) if row["reference"]]
    if not rows:
        return None
    nearest = min(rows, key=lambda row: (abs(np.log(row["reference"] / measured)), row["insert"]))
    return 1 + nearest["value"] / 100, nearest["uncertainty"]


def _length_factor(session: StoredSession, measured: float) -> tuple[float, float | None] | None:
    """Measured over true area in the plane; its uncertainty doubles that of the length."""
    found = _number(session, _BEADS, lambda insert: True)
    if found is None:
        return None
    length, uncertainty = found
    percent = None if uncertainty is None else _TWO_SIDED * 100 * uncertainty / _BEAD_MM
    return (length / _BEAD_MM) ** 2, percent
