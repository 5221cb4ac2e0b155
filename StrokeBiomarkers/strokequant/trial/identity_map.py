"""Who is who: subject and visit by pseudonym, in one encrypted file that only the study manager can open and that no trial folder holds.

AES-256-GCM with a key that scrypt (RFC 7914) makes of the passphrase. It also keeps one secret for each subject, with which all of the
subject's dates move by the same number of days.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..errors import Issue, Level, TrialError
from ..sop.canonical import canonical_bytes
from .sealed_file import read_sealed, write_sealed
from .trial_config import TrialConfig

FORMAT = "strokequant identity map 1"


@dataclass(frozen=True)
class MapEntry:
    """One read item.

    Args:
        item: pseudonym.
        subject, visit: as the study calls them.
        reader, model: whose read it is.
        task: that is read; empty in maps that were made before it was kept.
    """

    item: str
    subject: str
    visit: str
    reader: str
    model: str
    task: str = ""


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


def read_map(path: Path, passphrase: str, *, must_exist: bool = False) -> IdentityMap:
    """The map in a file; an empty one where there is no file, unless there must be one.

    Raises:
        TrialError: W27, the passphrase does not open it, or somebody has changed it; W29, it is no map, or not there.
    """
    if not path.exists():
        if must_exist:
            raise _refused("W29", "no such file", "the identity map of the study", "name the map", path)
        return IdentityMap()
    data = json.loads(read_sealed(path, passphrase, form=FORMAT))
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
    if path.resolve().is_relative_to(trial.resolve()):
        remedy = "keep it where no reader comes"
        raise _refused("W29", "a map inside of the trial", "a place outside", remedy, path)
    plain = canonical_bytes({"entries": [asdict(entry) for entry in identities.entries], "secrets": _named(identities)})
    write_sealed(path, plain, passphrase, form=FORMAT, config=config)


def _named(identities: IdentityMap) -> dict[str, str]:
    """Secrets by subject, whose names must be ASCII."""
    return dict(sorted(identities.secrets.items()))


def _refused(code: str, found: str, expected: str, remedy: str, path: Path) -> TrialError:
    return TrialError(Issue(code, Level.STOP, found, expected, remedy, path.name))
