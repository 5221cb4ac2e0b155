"""A guided reading on real MRML, without a screen: the self-test, which goes from import to signature."""

import pytest

from StrokeBiomarkersLib.selftest import readGeneratedPatient


def test_a_generated_patient_is_read_to_its_signature(scene):
    said = []
    measured, truth = readGeneratedPatient(said.append)
    assert measured == pytest.approx(truth, rel=0.1) and len(said) == 2
