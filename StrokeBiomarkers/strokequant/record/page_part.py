"""What one part of a record (perfusion, hemorrhage, follow-up) adds to the report."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PagePart:
    """HTML of one part, empty where the record has nothing of it.

    Args:
        assets: stored pictures, invisible by themselves.
        summary: numbers and pictures, for the top.
        details: sections below.
        script: whether it shows a viewer, which needs the script of the page.
    """

    assets: str = ""
    summary: str = ""
    details: str = ""
    script: bool = False

    def __bool__(self) -> bool:
        return bool(self.summary or self.details)
