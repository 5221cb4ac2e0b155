"""One phantom session that stays open: read once, and measured again with places of a person, another temperature or another serial number."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..phantom.diffusion_session import DiffusionSettings, Stated, analyze_passes, open_passes
from ..phantom.placements import movable
from ..phantom.session import measure_session
from ..phantom.vial_pose import VialPose, find_pose
from ..phantom_types import PhantomDefinition, PhantomKind, PhantomSession
from ..types import Series

A_PERSON = "a person"
"""Who placed a region where no code is known."""


class PhantomStudy:
    """Series of one session. The numbers are those of `measure_session`.

    Args:
        series: of one scan of a phantom.
        phantom: of the registry.
    """

    def __init__(
        self,
        series: Sequence[Series],
        phantom: PhantomDefinition,
        *,
        settings: DiffusionSettings = DiffusionSettings(),
    ):
        self.series, self.phantom, self.settings = tuple(series), phantom, settings
        self._passes = None
        self._poses: dict[str, VialPose | None] = {}

    def measure(
        self, stated: Stated = Stated(), *, by: str = "", stage: Callable[[str], None] = lambda text: None
    ) -> PhantomSession:
        """Measure with what is stated; what cannot be measured is said in the issues.

        Args:
            by: code of the person who placed `stated.placements`.
            stage: called with "read", "find", "measure"; may raise to stop, then nothing has changed.
        """
        if self.phantom.kind is PhantomKind.DIFFUSION:
            session = self._diffusion(stated, stage)
        else:
            stage("measure")
            session = measure_session(self.series, self.phantom, stated, settings=self.settings)
        return placed_by(session, stated, by)

    def _diffusion(self, stated: Stated, stage: Callable[[str], None]) -> PhantomSession:
        if self._passes is None:
            self._passes = open_passes(self.series, settings=self.settings, stage=stage)
        passes, issues = self._passes

        def find(shells, vials, config, *, near: VialPose | None = None) -> VialPose | None:
            known = hashlib.sha256(shells.values.tobytes()).hexdigest()
            if known not in self._poses:
                stage("find")
                self._poses[known] = find_pose(shells, vials, config, near=near)
            stage("measure")
            return self._poses[known]

        return analyze_passes(
            passes, self.phantom, stated, series=self.series, issues=issues, settings=self.settings, find=find
        )


def placed_by(session: PhantomSession, stated: Stated, by: str = "") -> PhantomSession:
    """The session with the person's name at every region that a person placed.

    Args:
        by: code of the person; empty where it is not known.
    """
    moved = set(stated.placements or {}) & movable(session.phantom, session.placements)
    placements = tuple(replace(p, placed_by=by or A_PERSON) if p.label in moved else p for p in session.placements)
    return replace(session, placements=placements)
