"""Constants of de-identification, with where they come from."""

from dataclasses import dataclass

from .config import design


@dataclass(frozen=True)
class DeidentifyConfig:
    """Shift of dates, search for identity that was left, and search for text in the pixels."""

    shift_days: tuple[int, int] = design(
        (365, 3650), "d", "dates move back by one to ten years, the same for a subject"
    )
    secret_bytes: int = design(32, "1", "length of a new secret")
    shortest_secret_bytes: int = design(16, "1", "a shorter secret could be guessed")
    shortest_word: int = design(4, "1", "an identifying word this long must not occur within any text that is left")
    shortest_whole_word: int = design(2, "1", "a shorter one must not be a word of its own")
    checked_images: int = design(24, "1", "images of a series that are searched for text, evenly spread")
    text_rows_share: float = design(
        0.22, "1", "part of the rows at the top and at the bottom that is searched for text"
    )
    text_bright_share: float = design(0.5, "1", "text is brighter than this share of the largest value of its image")
    text_height_px: tuple[int, int] = design((5, 48), "1", "rows of one letter")
    text_letters: int = design(4, "1", "letters in one line that make it text")
    text_fill: tuple[float, float] = design((0.12, 0.85), "1", "share of its box that a letter fills")
    text_same_share: float = design(0.6, "1", "share of the pixels of all letters that have one value, or two")
