"""Files below a folder, in a stable order, whatever the folder holds: links, loops, hidden files, what may not be read."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..config import ScanConfig
from ..types import SkippedFile

_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "system volume information"}


class Walk:
    """Finds files; what is left out is listed in `skipped` with a reason.

    Args:
        exclude: folders that are not entered, such as the output of an earlier run.
    """

    def __init__(self, config: ScanConfig, exclude: Sequence[Path] = ()):
        self.skipped: list[SkippedFile] = []
        self._config = config
        self._exclude = {_resolved(path) for path in exclude}
        self._folders: set[tuple[int, int]] = set()
        self._files: dict[tuple[int, int], Path] = {}

    def files(self, folder: Path, depth: int = 0) -> Iterator[Path]:
        """Regular files below a folder, sorted by name, each once."""
        try:
            status = folder.stat()
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            self._skip(folder, f"folder cannot be read: {error.strerror or type(error).__name__}")
            return
        identity = (status.st_dev, status.st_ino)
        if identity in self._folders:
            self._skip(folder, "link to a folder that was searched already")
            return
        self._folders.add(identity)
        for entry in entries:
            yield from self._entry(Path(entry.path), entry, depth)

    def _entry(self, path: Path, entry: os.DirEntry, depth: int) -> Iterator[Path]:
        if entry.name.startswith(".") or entry.name.lower() in _SYSTEM:
            self._skip(path, "hidden or system file")
            return
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
            status = entry.stat() if is_folder or is_file else None
        except OSError as error:
            self._skip(path, f"cannot be read: {error.strerror or type(error).__name__}")
            return
        if is_folder:
            target = _resolved(path)
            if entry.is_symlink() and _resolved(path.parent).is_relative_to(target):
                self._skip(path, "link to a folder that holds it")
            elif target in self._exclude:
                self._skip(path, "output of an earlier run")
            elif depth >= self._config.folder_depth:
                self._skip(path, f"folder deeper than {self._config.folder_depth}: not searched")
            else:
                yield from self.files(path, depth + 1)
        elif not is_file:
            self._skip(path, "link that leads nowhere" if entry.is_symlink() else "no regular file")
        else:
            yield from self._once(path, (status.st_dev, status.st_ino))

    def _once(self, path: Path, identity: tuple[int, int]) -> Iterator[Path]:
        if identity in self._files:
            self._skip(path, "another name of a file that was read already")
            return
        self._files[identity] = path
        yield path

    def _skip(self, path: Path, reason: str) -> None:
        self.skipped.append(SkippedFile(path, reason))


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))
