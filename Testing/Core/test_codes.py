"""Every code is in the dictionaries of pydicom with the same meaning, or is listed with the reason why it is not."""

import re
from collections import Counter

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.uid import UID

from strokequant import codes
from strokequant.biomarkers.catalog import MEASURES
from strokequant.biomarkers.forms import load_forms
from strokequant.class_codes import CLASS_CODES, VESSEL_GRADES, VESSEL_SCALES
from strokequant.codes import NOT_IN_DICOM, PRIVATE_SCHEME, Code

ALL = {name: value for name, value in vars(codes).items() if isinstance(value, Code)}


def dictionary_meanings(code):
    """Meanings of this value and scheme in the dictionaries of pydicom."""
    entries = concepts.get(code.scheme, {}).values()
    return {entry[code.value][0] for entry in entries if code.value in entry}


@pytest.mark.parametrize("name", sorted(set(ALL) - {n for n, c in ALL.items() if c in NOT_IN_DICOM}))
def test_public_code_is_in_the_dictionary_with_this_meaning(name):
    assert ALL[name].meaning in dictionary_meanings(ALL[name])


@pytest.mark.parametrize("code", NOT_IN_DICOM, ids=lambda code: code.meaning)
def test_exception_is_needed_and_explained(code):
    assert code.meaning not in dictionary_meanings(code), "it is in the dictionary: remove it from the list"
    assert len(NOT_IN_DICOM[code]) > 20


def test_exceptions_are_codes_of_this_file():
    assert set(NOT_IN_DICOM) <= set(ALL.values())


def test_no_concept_has_two_names_and_no_value_two_meanings():
    repeated = [value for value, n in Counter((c.value, c.scheme) for c in ALL.values()).items() if n > 1]
    assert repeated == []


def test_lengths_fit_the_value_representations():
    for code in ALL.values():
        assert len(code.value) <= 16
        assert len(code.scheme) <= 16
        assert len(code.meaning) <= 64


def test_private_codes_have_the_form_of_the_scheme():
    private = [c for c in ALL.values() if c.scheme == PRIVATE_SCHEME]
    assert private
    assert all(re.fullmatch(r"99SB\d{3}", c.value) for c in private)
    assert all(c in NOT_IN_DICOM for c in private)
    assert UID(codes.PRIVATE_SCHEME_UID).is_valid


def test_classes_have_codes_of_their_own():
    values = [c.value for c in (*CLASS_CODES, *ALL.values()) if c.scheme == PRIVATE_SCHEME]
    assert len(values) == len(set(values))
    assert all(re.fullmatch(r"99SB\d{3}", c.value) and len(c.meaning) <= 64 for c in CLASS_CODES)
    choices = {
        name: {o.value for q in form.questions if q.id == "grade" for o in q.choices}
        for name, form in load_forms().items()
    }
    assert all(choices[scale] <= set(VESSEL_GRADES) for scale in VESSEL_SCALES)


def test_every_unit_of_the_catalog_has_a_code():
    assert {m.unit for m in MEASURES.values()} <= set(codes.UNITS)
    assert all(value == code.value for value, code in codes.UNITS.items())


def test_every_concept_of_the_catalog_is_in_this_file():
    used = {m.code for m in MEASURES.values()} | {m.derivation for m in MEASURES.values() if m.derivation}
    assert used <= set(ALL.values())
