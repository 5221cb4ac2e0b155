"""`SampleData`: keeps what modules register, and copies files of this computer. Refuses what Slicer's own module would refuse."""

import types
import urllib.parse
from pathlib import Path

categories: dict[str, str] = {}
sources: list[dict] = []

_LISTS = ("uris", "fileNames", "nodeNames", "checksums", "loadFiles", "loadFileTypes", "loadFileProperties")


class SampleDataLogic:
    """What modules call at startup."""

    @staticmethod
    def registerCustomSampleDataCategory(category, title=None):
        """Keep a category."""
        categories[category] = title or category

    @staticmethod
    def registerCustomSampleDataSource(
        category="Custom",
        sampleName=None,
        uris=None,
        fileNames=None,
        nodeNames=None,
        customDownloader=None,
        thumbnailFileName=None,
        loadFileTypes=None,
        loadFiles=None,
        loadFileProperties=None,
        checksums=None,
        **unknown,
    ):
        """Keep a data set."""
        if unknown:
            raise TypeError(f"unexpected arguments: {', '.join(unknown)}")
        given = {name: value for name, value in locals().items() if name != "unknown" and value is not None}
        lengths = {name: len(given[name]) for name in _LISTS if isinstance(given.get(name), list | tuple)}
        if not isinstance(uris, str | list | tuple):
            raise TypeError("uris must be a text or a list: Slicer takes nothing else apart")
        if len(set(lengths.values())) > 1:
            raise ValueError(f"lists of different lengths: {lengths}")
        sources.append(given)

    def downloadFileIntoCache(self, uri, name, checksum=None, forceDownload=False):
        """Copy a file: address into the cache; as in Slicer, a file with another checksum is removed and its path returned."""
        import slicer
        from slicer.util import computeChecksum, extractAlgoAndDigest

        address = urllib.parse.urlparse(uri)
        assert address.scheme == "file", "the host has no network"
        source = Path(urllib.parse.unquote(address.path))
        if not source.is_file():
            raise ValueError(f"Failed to download {uri}")
        target = Path(slicer.mrmlScene.GetCacheManager().GetRemoteCacheDirectory()) / name
        target.write_bytes(source.read_bytes())
        algorithm, digest = extractAlgoAndDigest(checksum)
        if algorithm is not None and computeChecksum(algorithm, str(target)) != digest:
            target.unlink()
        return str(target)


def build() -> types.ModuleType:
    """Return the module."""
    module = types.ModuleType("SampleData")
    module.SampleDataLogic = SampleDataLogic
    return module
