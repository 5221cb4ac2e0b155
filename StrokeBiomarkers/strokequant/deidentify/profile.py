"""The profile of de-identification: what is kept, cleaned, shifted or removed beside the table of PS3.15 Annex E."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

PROFILE = Path(__file__).parent / "profile.json"
SCHEMA = Path(__file__).parent / "profile.schema.json"
_RETAIN_DEVICE, _SERIAL = "113109", "DeviceSerialNumber"


@dataclass(frozen=True)
class PrivateElement:
    """A private element that stays.

    Args:
        group, creator, offset: where it is.
        vr: as the vendor documents it.
        what: it holds.
    """

    group: int
    creator: str
    offset: int
    vr: str
    what: str


@dataclass(frozen=True)
class Profile:
    """A profile as read from its file; `profile.schema.json` explains every field."""

    id: str
    version: str
    table: str
    method: str
    options: tuple[tuple[str, str], ...]
    clean: Mapping[int, str]
    shift: frozenset[int]
    times: frozenset[int]
    keep: Mapping[int, str]
    remove: Mapping[int, str]
    private: tuple[PrivateElement, ...]
    csa_image: frozenset[str]
    sidecar: frozenset[str]
    vocabulary: frozenset[str]

    @property
    def retains_device(self) -> bool:
        """True where serial numbers of scanners stay, as the Retain Device Identity Option (113109) declares."""
        return any(code == _RETAIN_DEVICE for code, _ in self.options)

    def without_device(self) -> "Profile":
        """The profile without that option: serial numbers go, manufacturer, model and software stay, which the table does not name."""
        serial = _tag(_SERIAL)
        return replace(
            self,
            options=tuple(one for one in self.options if one[0] != _RETAIN_DEVICE),
            keep={tag: why for tag, why in self.keep.items() if tag != serial},
            remove={**self.remove, serial: "tells the scanner, and so the site"},
            sidecar=self.sidecar - {_SERIAL},
        )

    @property
    def name(self) -> str:
        """`id@version`."""
        return f"{self.id}@{self.version}"


@cache
def shipped_profile() -> Profile:
    """The profile that comes with the library."""
    return profile_of(json.loads(PROFILE.read_bytes()))


def profile_of(data: Mapping[str, Any]) -> Profile:
    """A profile from plain data that hold to the schema."""
    return Profile(
        id=data["id"],
        version=data["version"],
        table=data["table"],
        method=data["method"],
        options=tuple((option["code"], option["meaning"]) for option in data["options"]),
        clean={_tag(name): why for name, why in data["clean"].items()},
        shift=frozenset(map(_tag, data["shift"])),
        times=frozenset(map(_tag, data["times"])),
        keep={_tag(name): why for name, why in data["keep"].items()},
        remove={_tag(name): why for name, why in data["remove"].items()},
        private=tuple(
            PrivateElement(int(p["group"], 16), p["creator"], int(p["offset"], 16), p["vr"], p["what"])
            for p in data["private"]
        ),
        csa_image=frozenset(data["csa_image"]),
        sidecar=frozenset(data["sidecar"]),
        vocabulary=frozenset(data["vocabulary"]),
    )


def _tag(keyword: str) -> int:
    from pydicom.datadict import tag_for_keyword

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return int(tag)
