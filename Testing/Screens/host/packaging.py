"""`slicer.packaging`: answers as Slicer would, records what was asked for, installs nothing."""

import importlib.metadata
import pathlib
import types

from packaging.requirements import Requirement

asked: list[tuple[str, tuple[str, ...]]] = []
refusing = False


def reset() -> None:
    """Forget what was asked for."""
    global refusing
    asked.clear()
    refusing = False


def load_requirements(path):
    """Return the requirements of a file."""
    lines = (line.partition("#")[0].strip() for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def pip_check(requirements):
    """Say whether all requirements are satisfied."""
    several = requirements if isinstance(requirements, list | tuple) else [requirements]
    return all(_satisfied(Requirement(str(one))) for one in several)


def _satisfied(requirement):
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return requirement.specifier.contains(version, prereleases=True)


def pip_ensure(requirements, prompt=True, requester=None, skip_packages=None, **options):
    """Record the call. What is missing stays missing: with `refusing` as if the user had said no, else as in a test run of Slicer."""
    asked.append((requester or "", tuple(str(one) for one in requirements)))
    if refusing:
        missing = [str(one) for one in requirements if not _satisfied(Requirement(str(one)))]
        raise RuntimeError(f"User declined installation of required packages: {', '.join(missing)}")
    return []


def _refuse(*args, **kwargs):
    raise RuntimeError("tests install nothing: call slicer.packaging.pip_ensure")


def build() -> types.ModuleType:
    """Return the module."""
    module = types.ModuleType("slicer.packaging")
    module.load_requirements, module.pip_check, module.pip_ensure = load_requirements, pip_check, pip_ensure
    module.pip_install = module.pip_uninstall = _refuse
    return module
