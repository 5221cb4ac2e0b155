"""Zip archives: unpacked into a workspace that the caller owns, or refused.

Refused (I05): paths that leave the archive, encryption, too many members, too many bytes, too high a ratio, archives nested too
deep, what is no zip. Sizes are counted while unpacking, because the sizes that an archive states can lie. A single member with
a broken checksum is listed and does not stop the others.
"""

import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from stat import S_ISLNK

from ..config import ScanConfig
from ..errors import InputError, Issue, Level
from ..types import SkippedFile

BLOCK_BYTES = 1 << 20
LONGEST_NAME = 120
ENCRYPTED = 0x1
ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError)


@dataclass(slots=True)
class _Budget:
    """What one archive with everything nested in it may still unpack to."""

    config: ScanConfig
    packed: int
    subject: str
    unpacked: int = 0
    members: int = 0
    skipped: list[SkippedFile] = field(default_factory=list)

    def add_bytes(self, n: int) -> None:
        self.unpacked += n
        if self.unpacked > self.config.zip_total_bytes:
            raise refused(f"unpacks to more than {self.config.zip_total_bytes} bytes", self.subject)
        ratio = self.unpacked / max(self.packed, 1)
        if self.unpacked > self.config.zip_ratio_floor_bytes and ratio > self.config.zip_ratio:
            raise refused(f"unpacks to more than {self.config.zip_ratio:g} times its own size", self.subject)

    def add_members(self, n: int) -> None:
        self.members += n
        if self.members > self.config.zip_files:
            raise refused(f"has more than {self.config.zip_files} members", self.subject)


def refused(found: str, subject: str) -> InputError:
    """The error for an archive that is not opened."""
    remedy = "unpack it yourself, look at what is inside, and give the folder"
    return InputError(Issue("I05", Level.STOP, f"the archive {found}", "a plain zip of one study", remedy, subject))


def extract(path: Path, workspace: Path, *, config: ScanConfig = ScanConfig()) -> list[SkippedFile]:
    """Unpack an archive, with archives inside it.

    Args:
        path: the zip file.
        workspace: an existing folder; members land below it. The caller deletes it, also after an error.
        config: limits.

    Returns:
        Members that could not be unpacked, with reasons, by their path below the workspace.

    Raises:
        InputError: I01 where it cannot be opened, I05 where it is refused.
    """
    budget = _Budget(config, _size(path), path.name)
    _extract(path, workspace, budget, depth=1)
    return budget.skipped


def is_zip(path: Path) -> bool:
    """True where a file begins as a zip does; an ending or a zip tail behind an image does not count."""
    with path.open("rb") as file:
        return file.read(4) in ZIP_BEGINS


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> InputError:
    found = f"the archive cannot be opened: {error.strerror or type(error).__name__}"
    return InputError(Issue("I01", Level.STOP, found, "a readable zip file", "check the path and rights", path.name))


def _extract(path: Path, folder: Path, budget: _Budget, depth: int) -> None:
    if depth > budget.config.zip_depth:
        raise refused(f"holds archives nested deeper than {budget.config.zip_depth}", budget.subject)
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN as error:
        raise refused(f"is no readable zip ({type(error).__name__})", budget.subject) from None
    except OSError as error:
        raise _unreadable(path, error) from None
    with archive:
        members = [m for m in archive.infolist() if not m.is_dir()]
        budget.add_members(len(members))
        targets = _targets(members, folder, budget)
        for member, target in zip(members, targets, strict=True):
            _unpack(archive, member, target, budget, depth)


def _targets(members: list[zipfile.ZipInfo], folder: Path, budget: _Budget) -> list[Path]:
    """One path for every member, before anything is written; two members never share one."""
    taken: set[str] = set()
    targets = []
    for member in members:
        parts = safe_parts(member.filename)
        if parts is None:
            raise refused("holds a member whose path leads out of it", budget.subject)
        if member.flag_bits & ENCRYPTED:
            raise refused("is encrypted", budget.subject)
        parts = [_short(part) for part in parts]
        number = 1
        while (name := _numbered(parts, number)).lower() in taken:
            number += 1
        taken.add(name.lower())
        targets.append(folder / name)
    return targets


def safe_parts(name: str) -> list[str] | None:
    """Parts of a member name; None where it is absolute, climbs with "..", names a drive or is empty."""
    plain = name.replace("\\", "/")
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    climbs = any(part.rstrip(". ") == "" for part in parts)
    drive = bool(parts) and len(parts[0]) > 1 and parts[0][1] == ":"
    if not parts or plain.startswith("/") or climbs or drive or "\0" in plain:
        return None
    return parts


def _short(part: str) -> str:
    """Name that every file system takes; endings stay, they say what a file is."""
    if len(part.encode("utf-8", "surrogateescape")) <= LONGEST_NAME:
        return part
    return (
        part[: LONGEST_NAME // 8] + f"-{zlib.crc32(part.encode('utf-8', 'replace')):08x}-" + part[-LONGEST_NAME // 8 :]
    )


def _numbered(parts: list[str], number: int) -> str:
    """The same path again for number 1, else with a folder in front of the file that makes it unique."""
    if number == 1:
        return str(PurePosixPath(*parts))
    return str(PurePosixPath(*parts[:-1], f"same-name-{number}", parts[-1]))


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, budget: _Budget, depth: int) -> None:
    if S_ISLNK(member.external_attr >> 16):
        budget.skipped.append(SkippedFile(target, "link in an archive: not followed"))
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as source, target.open("xb") as out:
            while block := source.read(BLOCK_BYTES):
                budget.add_bytes(len(block))
                out.write(block)
    except BROKEN as error:
        target.unlink(missing_ok=True)
        budget.skipped.append(SkippedFile(target, f"broken in the archive ({type(error).__name__})"))
        return
    except RuntimeError:
        raise refused("is encrypted", budget.subject) from None
    except (FileExistsError, NotADirectoryError):
        raise refused("holds a file and a folder of the same name", budget.subject) from None
    except OSError as error:
        found = f"the archive cannot be unpacked: {error.strerror or type(error).__name__}"
        raise InputError(
            Issue("I01", Level.STOP, found, "room in the workspace", "free some space", budget.subject)
        ) from None
    if is_zip(target):
        _unpack_nested(target, budget, depth)


def _unpack_nested(path: Path, budget: _Budget, depth: int) -> None:
    """An archive inside the archive takes a folder of its own name and goes."""
    folder = path.with_name(path.name + ".unpacked")
    folder.mkdir()
    _extract(path, folder, budget, depth + 1)
    path.unlink()
