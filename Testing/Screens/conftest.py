"""Fixtures of screen tests: a running host, and a place for pictures."""

from pathlib import Path

import host as package
import pytest

ROOT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser):
    parser.addoption(
        "--save-screenshots", action="store_true", help="write the pictures of the tests into Resources/Screenshots"
    )


def pytest_ignore_collect(collection_path):
    """Tests import slicer at file scope; without the packages only the test that names them is collected."""
    if (
        package.missing()
        and collection_path.name.startswith("test_")
        and collection_path.name != "test_host_available.py"
    ):
        return True
    return None


def pytest_sessionfinish(session, exitstatus):
    session.config.screensExitStatus = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    if not package.missing() and hasattr(config, "screensExitStatus"):
        from host.session import finish

        finish(config.screensExitStatus)


@pytest.fixture(scope="session")
def running():
    from host.session import Host

    yield Host()  # not return: logics hold plain pointers to the application


@pytest.fixture
def host(running):
    """A running application with an empty scene. The test fails on errors in slots, and on nodes and observers that are left."""
    running.begin()
    yield running
    wrong = running.end()
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def screenshot(host, request, tmp_path):
    """Take a picture by name: `screenshot("core")`, `screenshot("core_panel", whole=False)`. Return its path."""
    folder = ROOT / "Resources" / "Screenshots" if request.config.getoption("--save-screenshots", False) else tmp_path

    def take(name, whole=True):
        return host.screenshot(folder / f"{name}.png", whole)

    yield take
