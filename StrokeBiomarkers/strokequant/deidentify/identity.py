"""What a data set says about who and where, as words, so that the de-identified copy can be searched for them.

Words of persons, numbers and addresses are looked for in every text that is left; those of places (institution, station) in every text
but the identity of the device, which stays on purpose.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..deidentify_config import DeidentifyConfig
from ..dicomio.words import PATTERNS, plain

TEXTS = frozenset({"LO", "SH", "ST", "LT", "UT", "UC", "PN", "CS", "AE", "UR"})
_PERSON = (
    "PatientID",
    "OtherPatientIDs",
    "AccessionNumber",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientBirthName",
    "PatientMotherBirthName",
    "MedicalRecordLocator",
    "ResponsibleOrganization",
    "AdmissionID",
    "RequestedProcedureID",
    "FillerOrderNumberImagingServiceRequest",
    "PlacerOrderNumberImagingServiceRequest",
    "ClinicalTrialSubjectID",
)
_PLACE = (
    "InstitutionName",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "ClinicalTrialSiteID",
    "ClinicalTrialSiteName",
)
_TITLES = frozenset({"dr", "prof", "md", "phd", "mr", "mrs", "ms", "jr", "sr"})
_DUMMIES = frozenset(
    {"anon", "anonymized", "anonymised", "anonymous", "deidentified", "removed", "unknown", "none", "test"}
)
"""What stands where a name was removed before."""
_MAKERS = frozenset(
    {
        "siemens",
        "healthineers",
        "philips",
        "general",
        "electric",
        "medical",
        "systems",
        "canon",
        "toshiba",
        "hitachi",
        "united",
        "imaging",
    }
)
"""Words of manufacturers: a phantom may be named after one."""
_DEVICE = ("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions")
_OWN = ("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence")
"""Words of the profile itself, which a number such as 001 may occur in."""
_TOPICS = tuple(re.compile(pattern) for pattern in PATTERNS.values())


@dataclass(frozen=True)
class Identity:
    """Identifying words, lower case and without accents.

    Args:
        person: of people and their numbers.
        place: of institutions and stations.
    """

    person: frozenset[str] = frozenset()
    place: frozenset[str] = frozenset()

    def __or__(self, other: "Identity") -> "Identity":
        return Identity(self.person | other.person, self.place | other.place)

    @property
    def words(self) -> frozenset[str]:
        """All of them."""
        return self.person | self.place


def identity_of(dataset: Any, vocabulary: Iterable[str], config: DeidentifyConfig = DeidentifyConfig()) -> Identity:
    """Identifying words of a data set: all person names at any depth, numbers, addresses and places."""
    known = frozenset(vocabulary)
    person = [value for element in _elements(dataset) if _vr(element) == "PN" for value in _values(element)]
    person += [value for keyword in _PERSON for value in _of(dataset, keyword)]
    place = [value for keyword in _PLACE for value in _of(dataset, keyword)]
    topics = frozenset(word for word in _words(place, known, config) if _is_topic(word))
    return Identity(_words(person, _TITLES | _DUMMIES | _MAKERS, config), _words(place, known, config) - topics)


def identity_left(
    dataset: Any,
    identity: Identity,
    config: DeidentifyConfig = DeidentifyConfig(),
    *,
    technical: Collection[int] = (),
) -> tuple[str, ...]:
    """Names of elements that still hold an identifying word; never the word.

    Args:
        dataset: after it was cleaned.
        identity: of it before.
        config: length of words.
        technical: tags of short terms, in which a word such as US is none of the name.
    """
    device = {_tag(keyword) for keyword in _DEVICE}
    own = frozenset(_tag(keyword) for keyword in _OWN)
    found = []
    for element in _elements(dataset, own):
        if _vr(element) not in TEXTS or element.tag.is_private_creator:
            continue
        words = identity.person if int(element.tag) in device else identity.words
        if _vr(element) == "CS" or int(element.tag) in technical:
            words = long_words(words, config)
        if any(holds(value, words, config) for value in _values(element)):
            found.append(element.keyword or str(element.tag))
    return tuple(sorted(set(found)))


def holds(text: str, words: Iterable[str], config: DeidentifyConfig = DeidentifyConfig()) -> bool:
    """True where a text holds an identifying word: long ones anywhere in it, short ones and numbers as words of their own."""
    low = text.casefold()
    parts = set(_split(text))
    return any(
        word in parts or (len(word) >= config.shortest_word and not word.isdigit() and word in low) for word in words
    )


def long_words(words: Iterable[str], config: DeidentifyConfig = DeidentifyConfig()) -> frozenset[str]:
    """Words that cannot be a defined term by chance, such as NO or MR: what codes are searched for."""
    return frozenset(word for word in words if len(word) >= config.shortest_word)


def _words(values: Iterable[str], known: frozenset[str], config: DeidentifyConfig) -> frozenset[str]:
    parts = {part for value in values for part in _split(value) if len(part) >= config.shortest_whole_word}
    return frozenset(parts - known)


def _is_topic(word: str) -> bool:
    """True for a word that tells series apart, such as "stroke" in the name of a hospital."""
    return any(topic.fullmatch(plain(word)) for topic in _TOPICS) if word.isascii() else False


def _split(text: str) -> list[str]:
    return [part for part in re.split(r"[^\w]+|_", text.casefold()) if part]


def _elements(dataset: Any, apart: frozenset[int] = frozenset()) -> Iterator[Any]:
    """Elements at every depth, but for some."""
    for tag in (tag for tag in list(dataset.keys()) if int(tag) not in apart):
        try:
            element = dataset[tag]
        except Exception:  # pydicom raises many types on malformed elements
            continue
        yield element
        if _vr(element) == "SQ":
            for item in element.value or ():
                yield from _elements(item, apart)


def _vr(element: Any) -> str:
    return str(element.VR)


def _of(dataset: Any, keyword: str) -> list[str]:
    tag = _tag(keyword)
    try:
        return _values(dataset[tag]) if tag in dataset else []
    except Exception:  # pydicom raises many types on malformed elements
        return []


def _values(element: Any) -> list[str]:
    value = element.value
    if value is None or isinstance(value, bytes):
        return []
    several = hasattr(value, "__iter__") and not isinstance(value, str) and not hasattr(value, "components")
    return [str(part) for part in value] if several else [str(value)]


def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword

    return int(tag_for_keyword(keyword))
