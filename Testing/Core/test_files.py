"""Files appear whole or not at all, and JSON has one form."""

import errno
import hashlib
import math
import os
import resource

import pytest

from strokequant.errors import Level, RecordError
from strokequant.record import files


def test_written_bytes_and_their_hash(tmp_path):
    path = tmp_path / "a" / "b" / "abc.txt"
    assert files.write_bytes(path, b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert path.read_bytes() == b"abc"
    assert files.sha256_file(path) == hashlib.sha256(b"abc").hexdigest()
    assert [p.name for p in path.parent.iterdir()] == ["abc.txt"]


def test_file_is_replaced(tmp_path):
    path = tmp_path / "x"
    files.write_bytes(path, b"old, and longer")
    files.write_bytes(path, b"new")
    assert path.read_bytes() == b"new"


def test_disk_that_takes_no_more(tmp_path):
    """A real refusal by the system: the file size limit of the process."""
    path = tmp_path / "map.nii.gz"
    files.write_bytes(path, b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        with pytest.raises(RecordError) as caught:
            files.write_bytes(path, b"n" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.issues[0].code == "O01"
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["map.nii.gz"]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "free some space"), (errno.EROFS, "can be written"), (errno.EACCES, "may write")],
)
def test_error_says_what_to_do(tmp_path, monkeypatch, number, words):
    def fail(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(RecordError) as caught:
        files.write_bytes(tmp_path / "case" / "record.json", b"x")
    issue = caught.value.issues[0]
    assert (issue.code, issue.level) == ("O01", Level.STOP)
    assert os.strerror(number) in issue.found and issue.expected and words in issue.remedy
    assert str(tmp_path) not in str(issue)
    assert list((tmp_path / "case").iterdir()) == []


def test_file_where_a_folder_is_needed(tmp_path):
    (tmp_path / "case").write_text("a file")
    with pytest.raises(RecordError, match="O01"):
        files.write_bytes(tmp_path / "case" / "record.json", b"x")
    assert (tmp_path / "case").read_text() == "a file"


def test_folder_where_a_file_is_needed(tmp_path):
    (tmp_path / "record.json").mkdir()
    with pytest.raises(RecordError, match="O01"):
        files.write_bytes(tmp_path / "record.json", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]


def test_interrupt_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(files.os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        files.write_bytes(tmp_path / "x", b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1 / 3, 0.333333333),
        (929.7501831338, 929.750183),
        (-0.0, 0.0),
        (1e-20, 1e-20),
        (123456789012.0, 123456789000.0),
        (7, 7),
        (math.nan, None),
        (-math.inf, None),
    ],
)
def test_rounding(value, written):
    assert files.rounded(value) == written
    assert math.copysign(1, files.rounded(value) or 0) == (1 if not written or written > 0 else -1)


def test_json_has_one_form():
    left = files.canonical_json({"b": [1.5, None, True], "a": "µ"})
    assert left == files.canonical_json({"a": "µ", "b": [1.5, None, True]})
    assert left == '{\n "a": "µ",\n "b": [\n  1.5,\n  null,\n  true\n ]\n}\n'.encode()
    with pytest.raises(ValueError):
        files.canonical_json(math.nan)


def test_manifest_holds_to_its_schema(tmp_path):
    given = {"outputs": {"a.csv": "0" * 64}, "inputs": {}, "software": {"strokequant": "1"}, "configuration": {}}
    case = {"case": "b", "timepoint": "", "outcome": "refused", "reason": "B01", "folder": ""}
    files.write_manifest(tmp_path, **given, command=["run"], cases=[case, {**case, "case": "a"}])
    text = (tmp_path / "run.json").read_text()
    assert text.index('"case": "a"') < text.index('"case": "b"')
    with pytest.raises(RecordError, match=r"run\.schema\.json"):
        files.write_manifest(tmp_path, **{**given, "outputs": {"a.csv": "abc"}}, command=[], cases=[])
    with pytest.raises(RecordError):
        files.write_manifest(tmp_path, **given, command=[], cases=[{**case, "patient": "x"}])
