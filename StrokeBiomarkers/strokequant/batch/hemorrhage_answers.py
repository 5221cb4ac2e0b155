"""What a person said about a hemorrhage; light to import."""

from dataclasses import dataclass
from typing import Any

from ..hemorrhage_types import Seed


@dataclass(frozen=True)
class HemorrhageAnswers:
    """Answers about one case; everything is optional and goes into the record.

    Args:
        seeds: clicks into the clots; the automatic proposal where there is none.
        baseline: path of the record or of the output folder of an earlier time point, for growth.
    """

    seeds: tuple[Seed, ...] = ()
    baseline: str = ""

    def given(self) -> dict[str, Any]:
        """What was said, by name; of a path its last part, because paths differ between machines."""
        said: dict[str, Any] = {}
        if self.seeds:
            said["seeds"] = [{"structure": str(s.structure), "point_lps": list(s.point_lps)} for s in self.seeds]
        if self.baseline:
            said["baseline"] = self.baseline.replace("\\", "/").rstrip("/").rpartition("/")[2]
        return said
