"""`SampleData`: keeps what modules register, downloads nothing. Refuses what Slicer's own module would refuse."""

import types

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
        sampleDescription=None,
        **unknown,
    ):
        """Keep a data set."""
        if unknown:
            raise TypeError(f"unexpected arguments: {', '.join(unknown)}")
        given = {name: value for name, value in locals().items() if name != "unknown" and value is not None}
        lengths = {name: len(given[name]) for name in _LISTS if isinstance(given.get(name), list | tuple)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"lists of different lengths: {lengths}")
        sources.append(given)


def build() -> types.ModuleType:
    """Return the module."""
    module = types.ModuleType("SampleData")
    module.SampleDataLogic = SampleDataLogic
    return module
