"""One DICOM data set de-identified, at every depth.

The table of PS3.15 Annex E and what to do with its entries come from dicom-anonymizer. Beyond it: the rules hold in nested items too,
removed means removed, UIDs follow the pseudonym, dates move together, descriptions are cleaned, and a text that no rule names is
removed, whether the table knows it or not.
"""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..deidentify_config import DeidentifyConfig
from ..dicomio.elements import numbers
from .descriptions import clean_text
from .disguise import Disguise
from .identity import Identity, holds, long_words
from .private import add_private, kept_private
from .profile import Profile, shipped_profile

_CODE_STRING = re.compile(r"^[A-Za-z0-9_ ./+-]{0,16}$")
_TEXTS = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "PN", "AE", "UR", "AS"})
_BYTES = frozenset({"OB", "UN", "OW", "OF", "OD", "OL", "OV"})
_DATES = frozenset({"DA", "DT", "TM"})
_DECIMALS = frozenset({"DS", "IS"})
_PIXELS = frozenset({0x7FE00010, 0x7FE00008, 0x7FE00009})
_TABLES = frozenset({0x00281101, 0x00281102, 0x00281103, 0x00281201, 0x00281202, 0x00281203, 0x00283006})
"""Palettes and look-up tables: numbers."""
_OVERLAYS = range(0x6000, 0x6100)
_CURVES = range(0x5000, 0x5100)
_EMPTIED = frozenset({"empty", "empty_or_replace", "delete_or_empty"})
_REFERENCES = "delete_or_empty_or_replace_UID"


@dataclass
class Cleaning:
    """What one data set is cleaned with, and what was done, counted.

    Args:
        disguise: UIDs and dates.
        profile: beside the table.
        identity: words that must not stay.
        done: number of elements by what was done to them.
    """

    disguise: Disguise
    profile: Profile = field(default_factory=shipped_profile)
    identity: Identity = Identity()
    config: DeidentifyConfig = DeidentifyConfig()
    done: Counter = field(default_factory=Counter)


@cache
def table(edition: str) -> dict[int, Callable[[Any, Any], None]]:
    """Action of the library by tag; repeating groups are handled here."""
    from dicomanonymizer.simpledicomanonymizer import initialize_actions

    return {(tag[0] << 16) | tag[1]: action for tag, action in initialize_actions(edition).items() if len(tag) == 2}


def clean_dataset(dataset: Any, cleaning: Cleaning) -> None:
    """Remove what tells who, where and when; changes the data set in place.

    Args:
        dataset: pydicom data set with its pixels; its file meta is made anew.
        cleaning: how.
    """
    _clean_level(dataset, cleaning)
    dataset.PatientName = dataset.PatientID = cleaning.disguise.pseudonym
    for keyword in ("PatientBirthDate", "PatientSex", "ReferringPhysicianName", "AccessionNumber", "StudyID"):
        if keyword not in dataset:
            setattr(dataset, keyword, "")
    _declare(dataset, cleaning.profile)
    _new_meta(dataset)


def _clean_level(dataset: Any, cleaning: Cleaning) -> None:
    """One data set or item, and all items below it."""
    kept = kept_private(dataset, cleaning.profile)
    for tag in list(dataset.keys()):
        if tag.is_private or tag.element == 0 or tag.group in _OVERLAYS or tag.group in _CURVES:
            del dataset[tag]
            cleaning.done["private" if tag.is_private else "overlay or group length"] += 1
            continue
        try:
            element = dataset[tag]
            done = _clean_element(dataset, element, cleaning)
        except Exception:  # pydicom raises many types on malformed elements; what cannot be read is not kept
            del dataset[tag]
            done = "unreadable"
        cleaning.done[done] += 1
    add_private(dataset, kept)
    cleaning.done["private kept"] += len(kept)


def _clean_element(dataset: Any, element: Any, cleaning: Cleaning) -> str:
    """Decide about one public element; gives what was done."""
    tag, vr, profile = int(element.tag), str(element.VR), cleaning.profile
    if tag in _PIXELS:
        return "kept"
    if tag in profile.remove:
        return _without(dataset, element, emptied=tag == 0x00100040)
    if tag in profile.clean:
        return _cleaned(dataset, element, cleaning)
    if tag in profile.keep:
        return _kept_text(dataset, element, cleaning)
    if tag in profile.times:
        return "kept"
    if tag in profile.shift:
        return _moved(dataset, element, cleaning)
    action = table(profile.table).get(tag)
    if action is not None:
        return _by_table(dataset, element, action, cleaning)
    return _by_kind(dataset, element, vr, cleaning)


def _by_table(dataset: Any, element: Any, action: Callable[[Any, Any], None], cleaning: Cleaning) -> str:
    """What the standard's table says, as the library does it, where that is enough."""
    vr, name = str(element.VR), action.__name__
    if vr == "UI" and name != "delete":
        return _new_uid(element, cleaning)
    if vr == "SQ" and name == _REFERENCES:
        return _items(element, cleaning)
    if name == "delete" or (name.startswith("delete") and vr != "UI"):
        return _without(dataset, element, emptied=False)
    if vr in _DATES:
        return _without(dataset, element, emptied=name in _EMPTIED)
    try:
        action(dataset, (element.tag.group, element.tag.element))
    except NotImplementedError:
        return _without(dataset, element, emptied=False)
    return "replaced"


def _by_kind(dataset: Any, element: Any, vr: str, cleaning: Cleaning) -> str:
    """An element that no rule names: numbers and codes stay, references are mapped, texts, dates and bytes go."""
    if vr == "SQ":
        return _items(element, cleaning)
    if vr == "UI":
        return _new_uid(element, cleaning)
    if vr in _TEXTS or vr in _DATES or (vr in _BYTES and int(element.tag) not in _TABLES):
        return _without(dataset, element, emptied=False)
    if vr == "CS" and not all(_CODE_STRING.match(word) and not _names(word, cleaning) for word in _strings(element)):
        return _without(dataset, element, emptied=False)
    if vr in _DECIMALS and element.value not in (None, "") and not numbers(element.value):
        return _without(dataset, element, emptied=False)
    return "kept"


def _items(element: Any, cleaning: Cleaning) -> str:
    for item in element.value or ():
        _clean_level(item, cleaning)
    return "items cleaned"


def _cleaned(dataset: Any, element: Any, cleaning: Cleaning) -> str:
    texts = [_without_identity(text, cleaning) for text in _strings(element)]
    kept = " ".join(filter(None, (clean_text(text, cleaning.profile.vocabulary) for text in texts)))
    if not kept and any(_strings(element)) and int(element.tag) == 0x00180010:
        kept = "CONTRAST AGENT"
    if not kept:
        return _without(dataset, element, emptied=False)
    element.value = kept[:64]
    return "cleaned"


def _without_identity(text: str, cleaning: Cleaning) -> str:
    words = [
        word for word in re.split(r"([^\w]+|_)", text) if not holds(word, cleaning.identity.words, cleaning.config)
    ]
    return "".join(words)


def _kept_text(dataset: Any, element: Any, cleaning: Cleaning) -> str:
    return _without(dataset, element, emptied=False) if any(_names(t, cleaning) for t in _strings(element)) else "kept"


def _names(word: str, cleaning: Cleaning) -> bool:
    return holds(word, long_words(cleaning.identity.person, cleaning.config), cleaning.config)


def _moved(dataset: Any, element: Any, cleaning: Cleaning) -> str:
    values = [cleaning.disguise.shifted(text) for text in _strings(element)]
    if not all(values) or not values:
        return _without(dataset, element, emptied=True)
    element.value = values if len(values) > 1 else values[0]
    return "date moved"


def _new_uid(element: Any, cleaning: Cleaning) -> str:
    values = [cleaning.disguise.uid(text) for text in _strings(element)]
    element.value = values if len(values) > 1 else (values[0] if values else "")
    return "UID mapped"


def _without(dataset: Any, element: Any, *, emptied: bool) -> str:
    if emptied:
        element.value = None if str(element.VR) != "PN" else ""
        return "emptied"
    del dataset[element.tag]
    return "removed"


def _strings(element: Any) -> list[str]:
    value = element.value
    if value is None or value == "":
        return []
    if isinstance(value, bytes):
        return [value.decode("latin-1")]
    several = hasattr(value, "__iter__") and not isinstance(value, str) and not hasattr(value, "components")
    return [str(part) for part in value] if several else [str(value)]


def _declare(dataset: Any, profile: Profile) -> None:
    """Say what was done: (0012,0062) to (0012,0064), (0028,0303)."""
    from pydicom.dataset import Dataset

    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = [profile.method, profile.name]
    dataset.DeidentificationMethodCodeSequence = [Dataset() for _ in profile.options]
    for item, (code, meaning) in zip(dataset.DeidentificationMethodCodeSequence, profile.options, strict=True):
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "DCM", meaning
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"


def _new_meta(dataset: Any) -> None:
    """File meta of what is needed alone, and an empty preamble."""
    from pydicom.dataset import FileMetaDataset

    old = dataset.file_meta
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = old.TransferSyntaxUID
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128
