"""Settings: every constant is described once, a file changes what it names and nothing else."""

import dataclasses

import pytest

from strokequant import config, follow_up_config, hemorrhage_config, perfusion_config
from strokequant.errors import UsageError
from strokequant.settings import Settings, load_settings, settings_of

CLASSES = [
    c
    for module in (config, follow_up_config, hemorrhage_config, perfusion_config)
    for c in vars(module).values()
    if dataclasses.is_dataclass(c) and isinstance(c, type)
]


def test_every_configuration_is_in_the_record():
    described = Settings().describe()
    assert len(described) == len(CLASSES)
    names = {name for stage in described.values() for name in stage}
    assert {f.name for c in CLASSES for f in dataclasses.fields(c)} == names


@pytest.mark.parametrize("cls", CLASSES, ids=lambda c: c.__name__)
def test_every_constant_says_unit_source_and_evidence(cls):
    for field in dataclasses.fields(cls):
        assert field.metadata["unit"] and field.metadata["source"]
        assert field.metadata["evidence"] in ("published", "measured", "design", "unconfirmed")


def test_file_changes_what_it_names(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("[core]\nadc_threshold = 600\nadc_inclusive = false\n")
    changed = load_settings(path)
    assert (changed.core.adc_threshold, changed.core.adc_inclusive) == (600.0, False)
    assert dataclasses.replace(changed, core=Settings().core) == Settings()


@pytest.mark.parametrize(
    "text", ["[core]\nadc_threshold = true", "[classify]\ntime_points = 3", "core = 3", "[core]\nx = 1"]
)
def test_what_cannot_be_changed_is_refused(text, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(UsageError):
        load_settings(path)


@pytest.mark.parametrize("value", ["-620.0", "nan", "inf", "-1"])
def test_numbers_that_no_threshold_can_have_are_refused(value, tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(f"[core]\nadc_threshold = {value}\n")
    with pytest.raises(UsageError, match="not negative"):
        load_settings(path)


def test_settings_come_back_from_their_description():
    changed = Settings(core=dataclasses.replace(Settings().core, adc_threshold=555.0))
    assert settings_of(changed.describe()) == changed
    assert settings_of({}) == Settings()


def test_lists_and_negative_numbers_where_the_default_is_one(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("[lesion]\ntmax_thresholds_s = [4, 6.5]\n[deconvolution]\nwindow_low_s = -5\n")
    settings = load_settings(path)
    assert settings.lesion.tmax_thresholds_s == (4.0, 6.5)
    assert settings.deconvolution.window_low_s == -5.0


@pytest.mark.parametrize("line", ["tmax_thresholds_s = 6.0", "tmax_thresholds_s = []", "tmax_thresholds_s = [-6.0]"])
def test_a_list_that_cannot_be_is_refused(tmp_path, line):
    path = tmp_path / "s.toml"
    path.write_text(f"[lesion]\n{line}\n")
    with pytest.raises(UsageError):
        load_settings(path)
