"""The scanner of a series, and what has changed on it since another day: software, coil, hardware, identity."""

from ..phantom_types import ScannerState
from ..types import Series

_EQUIPMENT = {
    "manufacturer": "manufacturer",
    "model": "model",
    "serial": "serial number",
    "software": "software",
    "field_strength_t": "field strength",
}
_SAME_FIELD_T = 0.1


def scanner_state(series: Series) -> ScannerState:
    """Scanner of a series as its header describes it."""
    facts = {name: str(series.header.get(name) or "") for name in ("receive_coil", "transmit_coil")}
    hardware = {"transmit_coil": facts["transmit_coil"]} if facts["transmit_coil"] else {}
    return ScannerState(series.equipment, series.modality, facts["receive_coil"], hardware)


def scanner_changes(before: ScannerState, now: ScannerState) -> tuple[str, ...]:
    """What differs, in words; what one of both headers does not say is no change."""
    changes = []
    for field, words in _EQUIPMENT.items():
        old, new = getattr(before.equipment, field), getattr(now.equipment, field)
        if old in ("", None) or new in ("", None):
            continue
        differs = abs(old - new) > _SAME_FIELD_T if field == "field_strength_t" else _plain(old) != _plain(new)
        if differs:
            changes.append(f"{words}: {old} -> {new}")
    if before.coil and now.coil and _plain(before.coil) != _plain(now.coil):
        changes.append(f"coil: {before.coil} -> {now.coil}")
    for name in sorted(before.hardware.keys() & now.hardware.keys()):
        if _plain(before.hardware[name]) != _plain(now.hardware[name]):
            changes.append(f"{name.replace('_', ' ')}: {before.hardware[name]} -> {now.hardware[name]}")
    return tuple(changes)


def _plain(words: str) -> str:
    return " ".join(words.split()).casefold()
