"""Threads: work that does not depend on each other, at the same time.

numpy, scipy, SimpleITK, zlib and Pillow let go of the interpreter while they compute, so that two threads use two cores. Results
come in the order of the tasks and do not depend on which was ready first.
"""

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_threads(task: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """`task` of every item, in their order; the first exception in that order is raised after all have ended."""
    items = list(items)
    workers = min(len(items), os.cpu_count() or 1)
    if workers < 2:
        return [task(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(task, items))


def together(*tasks: Callable[[], R]) -> list[R]:
    """What each task returns, in their order."""
    return in_threads(lambda task: task(), tasks)


@contextmanager
def imported_meanwhile(names: Sequence[str]) -> Iterator[Callable[[], None]]:
    """Import packages that are needed later while something else is computed.

    Yields:
        function that begins the imports; calls after the first do nothing. What is absent is left to who needs it.
    """
    with ThreadPoolExecutor(1) as pool:
        begun = []

        def begin() -> None:
            if not begun:
                begun.append(pool.submit(_import_all, names))

        yield begin


def _import_all(names: Sequence[str]) -> None:
    for name in names:
        with suppress(Exception):  # who needs it meets the same failure, and tells it
            importlib.import_module(name)
