"""Settings of a run: every configuration in one object, changed by a TOML file, described for the record."""

import dataclasses
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .config import (
    AdcConfig,
    AuditConfig,
    BrainConfig,
    ClassifyConfig,
    CoreConfig,
    GridConfig,
    MeasureConfig,
    NiftiConfig,
    ReadConfig,
    ReportConfig,
    ScanConfig,
    UnitConfig,
    describe,
)
from .errors import Issue, Level, UsageError
from .follow_up_config import (
    FinalInfarctConfig,
    FollowUpRegistrationConfig,
    GrowthConfig,
    TransformationConfig,
)
from .hemorrhage_config import (
    BesideClotConfig,
    BloodProposalConfig,
    ClotPlaceConfig,
    CtAuditConfig,
    CtHeadConfig,
    HematomaConfig,
    HemorrhageMeasureConfig,
    HemorrhageReportConfig,
)
from .perfusion_config import (
    BandConfig,
    ConcentrationConfig,
    CoregistrationConfig,
    DeconvolutionConfig,
    LesionConfig,
    MotionConfig,
    PerfusionBrainConfig,
    PerfusionReportConfig,
    SteadyFlowConfig,
    TimeConfig,
    VesselConfig,
)


@dataclass(frozen=True)
class Settings:
    """All thresholds of a run that may be changed, by stage."""

    scan: ScanConfig = ScanConfig()
    audit: AuditConfig = AuditConfig()
    read: ReadConfig = ReadConfig()
    grid: GridConfig = GridConfig()
    adc: AdcConfig = AdcConfig()
    unit: UnitConfig = UnitConfig()
    brain: BrainConfig = BrainConfig()
    core: CoreConfig = CoreConfig()
    measure: MeasureConfig = MeasureConfig()
    time: TimeConfig = TimeConfig()
    motion: MotionConfig = MotionConfig()
    coregistration: CoregistrationConfig = CoregistrationConfig()
    perfusion_brain: PerfusionBrainConfig = PerfusionBrainConfig()
    concentration: ConcentrationConfig = ConcentrationConfig()
    vessel: VesselConfig = VesselConfig()
    deconvolution: DeconvolutionConfig = DeconvolutionConfig()
    lesion: LesionConfig = LesionConfig()
    steady_flow: SteadyFlowConfig = SteadyFlowConfig()
    band: BandConfig = BandConfig()
    growth: GrowthConfig = GrowthConfig()
    transformation: TransformationConfig = TransformationConfig()
    final_infarct: FinalInfarctConfig = FinalInfarctConfig()
    follow_up: FollowUpRegistrationConfig = FollowUpRegistrationConfig()
    ct_audit: CtAuditConfig = CtAuditConfig()
    ct_head: CtHeadConfig = CtHeadConfig()
    hematoma: HematomaConfig = HematomaConfig()
    blood_proposal: BloodProposalConfig = BloodProposalConfig()
    hemorrhage: HemorrhageMeasureConfig = HemorrhageMeasureConfig()

    def describe(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Stage -> name -> {value, unit, source, evidence}; constants that cannot be changed included."""
        fixed = {
            "classify": ClassifyConfig(),
            "nifti": NiftiConfig(),
            "report": ReportConfig(),
            "perfusion_report": PerfusionReportConfig(),
            "hemorrhage_report": HemorrhageReportConfig(),
            "clot_place": ClotPlaceConfig(),
            "beside_clot": BesideClotConfig(),
        }
        changeable = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {name: describe(config) for name, config in (changeable | fixed).items()}


def settings_of(configuration: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Settings:
    """Settings that a record was measured with; what it does not name keeps its default.

    Args:
        configuration: as `Settings.describe` gives it.
    """
    changed = {}
    for stage in dataclasses.fields(Settings):
        config = getattr(Settings(), stage.name)
        known = {f.name for f in dataclasses.fields(config)}
        values = {name: entry["value"] for name, entry in configuration.get(stage.name, {}).items() if name in known}
        changed[stage.name] = dataclasses.replace(config, **values)
    return Settings(**changed)


def load_settings(path: Path) -> Settings:
    """Settings from a TOML file such as `[core]` `adc_threshold = 600`; what it does not name keeps its default.

    Raises:
        UsageError: a file that cannot be read, a name that is not known, a value of another type, below 0 or not finite.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _usage(f"{path}: {error}", "a readable TOML file", "correct the file") from error
    stages = {f.name: getattr(Settings(), f.name) for f in dataclasses.fields(Settings)}
    changed = {}
    for stage, values in tables.items():
        if stage not in stages or not isinstance(values, dict):
            raise _usage(f"{path}: [{stage}]", "one of " + ", ".join(f"[{s}]" for s in stages), "correct the name")
        checked = {name: _checked(path, stage, stages[stage], name, value) for name, value in values.items()}
        changed[stage] = dataclasses.replace(stages[stage], **checked)
    return Settings(**changed)


def _checked(path: Path, stage: str, config: Any, name: str, value: Any) -> Any:
    known = {f.name for f in dataclasses.fields(config)}
    if name not in known:
        raise _usage(f"{path}: [{stage}] {name}", "one of " + ", ".join(sorted(known)), "correct the name")
    default = getattr(config, name)
    if isinstance(default, tuple):
        return _checked_list(path, stage, name, default, value)
    return _checked_value(path, stage, name, default, value)


def _checked_list(path: Path, stage: str, name: str, default: tuple, value: Any) -> tuple:
    if not isinstance(value, list) or not value:
        raise _usage(f"{path}: [{stage}] {name} = {value!r}", f"a list, such as {list(default)!r}", "correct the value")
    return tuple(_checked_value(path, stage, name, default[0], item) for item in value)


def _checked_value(path: Path, stage: str, name: str, default: Any, value: Any) -> Any:
    number = isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool)
    if not number and type(value) is not type(default):
        raise _usage(
            f"{path}: [{stage}] {name} = {value!r}",
            f"a {type(default).__name__}, such as {default!r}",
            "correct the value",
        )
    if isinstance(value, int | float) and not (math.isfinite(value) and (value >= 0 or default < 0)):
        raise _usage(
            f"{path}: [{stage}] {name} = {value!r}", "a finite number that is not negative", "correct the value"
        )
    return float(value) if number else value


def _usage(found: str, expected: str, remedy: str) -> UsageError:
    return UsageError(Issue("I01", Level.STOP, found, expected, remedy))
