"""A baseline on the grid of its follow-up, to look at: the image registered, its outline carried. No number comes from either."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..errors import Issue, Level, StrokeQuantError
from ..maps.follow_up import FollowUpRegistration, carry_mask, register_follow_up
from ..settings import Settings
from ..types import Mask, Series, Volume
from .earlier import EarlierRecord

_NO_IMAGE = Issue(
    "E20",
    Level.INFO,
    "the baseline is a record, which holds no images",
    "the images of both time points, for the pictures of both",
    "give the input of the baseline instead of its record",
)


@dataclass(frozen=True, eq=False)
class BaselinePicture:
    """What there is to look at; without a registration the issues say why."""

    registration: FollowUpRegistration | None = None
    outline: Mask | None = None
    issues: tuple[Issue, ...] = ()


def baseline_picture(
    before: EarlierRecord,
    part: str,
    followup: Volume,
    *,
    read: Callable[[Series, Settings], Volume],
    settings: Settings = Settings(),
) -> BaselinePicture:
    """Register a baseline to its follow-up and carry its outline.

    Args:
        before: the baseline.
        part: of `used` in its record.
        followup: image of the follow-up.
        read: of the series of the part.
        settings: of reading and registration.
    """
    series = before.series(part)
    if series is None:
        return BaselinePicture(issues=(_NO_IMAGE,))
    try:
        image = read(series, settings)
        found = register_follow_up(image, followup, config=settings.follow_up)
        outline = before.mask(part, image.geometry)
        carried = carry_mask(outline, found, followup.geometry, config=settings.follow_up) if outline else None
    except StrokeQuantError as error:
        # the growth stands without the pictures
        return BaselinePicture(issues=tuple(replace(issue, level=Level.WARN) for issue in error.issues))
    told = () if carried is None else tuple(issue for issue in carried.issues if issue.code == "E23")
    return BaselinePicture(found, carried, (*found.issues, *told))
