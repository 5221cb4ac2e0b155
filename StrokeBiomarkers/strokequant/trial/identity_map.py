"""Who is who: subject and visit by pseudonym, in one encrypted file that only the study manager can open and that no trial folder holds.

AES-256-GCM with a key that scrypt (RFC 7914) makes of the passphrase. It also keeps one secret for each subject, with which all of the
subject's dates move by the same number of days.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import Issue, Level, StrokeQuantError, TrialError
from ..record.files import write_bytes
from ..sop.canonical import canonical_bytes
from .trial_config import TrialConfig

FORMAT = "strokequant identity map 1"
_LARGEST_N = 1 << 20
"""Cost beyond which a file is no map but a trap."""


@dataclass(frozen=True)
class MapEntry:
    """One read item.

    Args:
        item: pseudonym.
        subject, visit: as the study calls them.
        reader, model: whose read it is.
    """

    item: str
    subject: str
    visit: str
    reader: str
    model: str


@dataclass(frozen=True)
class IdentityMap:
    """All read items of a trial, and the secret of every subject as hexadecimal digits."""

    entries: tuple[MapEntry, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)

    def with_subject(self, subject: str, *, config: TrialConfig = TrialConfig()) -> "IdentityMap":
        """The map with a secret for a subject; a secret that is there stays."""
        if subject in self.secrets:
            return self
        return replace(self, secrets={**self.secrets, subject: secrets.token_hex(config.secret_bytes)})

    def with_entry(self, entry: MapEntry) -> "IdentityMap":
        """The map with one more item."""
        return replace(self, entries=(*self.entries, entry))


def read_map(path: Path, passphrase: str) -> IdentityMap:
    """The map in a file; an empty one where there is no file.

    Raises:
        TrialError: W27, the passphrase does not open it, or somebody has changed it; W29, it is no map.
    """
    if not path.exists():
        return IdentityMap()
    data = json.loads(_opened(path, passphrase))
    return IdentityMap(tuple(MapEntry(**entry) for entry in data["entries"]), data["secrets"])


def write_map(
    path: Path, identities: IdentityMap, passphrase: str, *, trial: Path, config: TrialConfig = TrialConfig()
) -> None:
    """Write a map, encrypted.

    Args:
        path: outside of the trial folder.
        identities: what it holds.
        passphrase: that opens it.
        trial: folder of the trial.
        config: cost of the key.

    Raises:
        TrialError: W29, the path lies in the trial folder; W27, the passphrase is too short.
        RecordError: O01, it cannot be written; the map that was there is untouched.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if path.resolve().is_relative_to(trial.resolve()):
        remedy = "keep it where no reader comes"
        raise _refused("W29", "a map inside of the trial", "a place outside", remedy, path)
    if len(passphrase) < config.passphrase_characters:
        found, expected = f"a passphrase of {len(passphrase)} characters", f"{config.passphrase_characters} or more"
        raise _refused("W27", found, expected, "choose a longer one", path)
    header = {
        "format": FORMAT,
        "kdf": {"name": "scrypt", "n": config.scrypt_n, "r": config.scrypt_r, "p": config.scrypt_p},
        "salt": _text(secrets.token_bytes(16)),
        "nonce": _text(secrets.token_bytes(12)),
    }
    plain = canonical_bytes({"entries": [asdict(entry) for entry in identities.entries], "secrets": _named(identities)})
    sealed = AESGCM(_key(passphrase, header)).encrypt(_raw(header, "nonce"), plain, canonical_bytes(header))
    write_bytes(path, canonical_bytes({**header, "data": _text(sealed)}))


def _named(identities: IdentityMap) -> dict[str, str]:
    """Secrets by subject, whose names must be ASCII."""
    return dict(sorted(identities.secrets.items()))


def _opened(path: Path, passphrase: str) -> bytes:
    """Content of a file.

    Raises:
        TrialError: W27, W29, as of `read_map`.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        header = json.loads(path.read_bytes())
        sealed = base64.b64decode(header.pop("data"), validate=True)
        if header["format"] != FORMAT or header["kdf"]["n"] > _LARGEST_N:
            raise ValueError(FORMAT)
        return AESGCM(_key(passphrase, header)).decrypt(_raw(header, "nonce"), sealed, canonical_bytes(header))
    except InvalidTag as error:
        found = "the passphrase does not open it, or it was changed"
        raise _refused("W27", found, "the map and its passphrase", "type it again", path) from error
    except (OSError, ValueError, KeyError, TypeError, RecursionError, StrokeQuantError) as error:
        found, remedy = f"{path.name}: {type(error).__name__}", "name the file of the study manager"
        raise _refused("W29", found, "an identity map", remedy, path) from error


def _refused(code: str, found: str, expected: str, remedy: str, path: Path) -> TrialError:
    return TrialError(Issue(code, Level.STOP, found, expected, remedy, path.name))


def _key(passphrase: str, header: Mapping[str, Any]) -> bytes:
    cost = {name: header["kdf"][name] for name in ("n", "r", "p")}
    memory = 256 * cost["n"] * cost["r"]
    return hashlib.scrypt(passphrase.encode("utf-8"), salt=_raw(header, "salt"), dklen=32, maxmem=memory, **cost)


def _raw(header: Mapping[str, Any], name: str) -> bytes:
    return base64.b64decode(header[name], validate=True)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
