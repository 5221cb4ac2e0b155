"""Zip archives: what is unpacked, what is refused, and that nothing ever lands outside the workspace."""

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from strokequant.config import ScanConfig
from strokequant.dicomio.archive import extract, safe_parts
from strokequant.errors import InputError


def write_zip(path: Path, members: dict[str, bytes], compression=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def unpack(path, tmp_path, config=ScanConfig()):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    skipped = extract(path, workspace, config=config)
    return {str(p.relative_to(workspace)): p.read_bytes() for p in workspace.rglob("*") if p.is_file()}, skipped


def code_of(path, tmp_path, config=ScanConfig()):
    with pytest.raises(InputError) as caught:
        unpack(path, tmp_path, config)
    issue = caught.value.issues[0]
    assert issue.found and issue.expected and issue.remedy
    return issue.code, issue.found


def test_plain_zip(tmp_path):
    members = {"a/1.dcm": b"one", "a/b/2": b"two", "empty": b""}
    assert unpack(write_zip(tmp_path / "x.zip", members), tmp_path) == (members, [])


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "a/../../evil",
        "/etc/evil",
        "..\\evil",
        "a\\..\\..\\evil",
        "C:\\evil",
        "c:/evil",
        "\\\\host\\evil",
        "a/.. /evil",
    ],
)
def test_paths_that_lead_out_are_refused_before_anything_is_written(tmp_path, name):
    path = write_zip(tmp_path / "x.zip", {"good.dcm": b"good", name: b"evil"})
    assert code_of(path, tmp_path)[0] == "I05"
    assert not list((tmp_path / "workspace").iterdir())
    assert not list(tmp_path.rglob("*evil*"))


def test_safe_parts():
    assert safe_parts("./a//b.dcm") == ["a", "b.dcm"]
    assert safe_parts("a\\b.dcm") == ["a", "b.dcm"]
    assert safe_parts("1.2.3..4") == ["1.2.3..4"]
    assert safe_parts("") is None


def test_bomb_by_ratio(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"zeros.dcm": bytes(40 * 2**20)})
    assert code_of(path, tmp_path) == ("I05", "the archive unpacks to more than 200 times its own size")


def test_bomb_by_total_size(tmp_path):
    path = write_zip(tmp_path / "x.zip", {str(i): os.urandom(1000) for i in range(10)})
    assert "bytes" in code_of(path, tmp_path, ScanConfig(zip_total_bytes=5000))[1]


def test_bomb_that_lies_about_its_size(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"zeros.dcm": bytes(40 * 2**20)})
    data = bytearray(path.read_bytes())
    true_size = struct.pack("<I", 40 * 2**20)
    small = struct.pack("<I", 1000)
    while (at := data.find(true_size)) >= 0:
        data[at : at + 4] = small
    path.write_bytes(data)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    try:
        extract(path, workspace)
    except InputError as error:
        assert error.issues[0].code == "I05"
    assert sum(p.stat().st_size for p in workspace.rglob("*") if p.is_file()) <= 17 * 2**20


def test_too_many_members(tmp_path):
    path = write_zip(tmp_path / "x.zip", {str(i): b"x" for i in range(11)})
    assert "members" in code_of(path, tmp_path, ScanConfig(zip_files=10))[1]


def test_nested_archive_is_opened_and_a_third_level_refused(tmp_path):
    level3 = write_zip(tmp_path / "3.zip", {"deep.dcm": b"deep"})
    level2 = write_zip(tmp_path / "2.zip", {"mid.dcm": b"mid"})
    outer = write_zip(tmp_path / "1.zip", {"inner.zip": level2.read_bytes()})
    files, _ = unpack(outer, tmp_path)
    assert files == {"inner.zip.unpacked/mid.dcm": b"mid"}
    level2 = write_zip(tmp_path / "2.zip", {"inner.zip": level3.read_bytes()})
    outer = write_zip(tmp_path / "1.zip", {"inner.zip": level2.read_bytes()})
    workspace = tmp_path / "second"
    workspace.mkdir()
    with pytest.raises(InputError, match="nested"):
        extract(outer, workspace)


def test_nested_bomb_counts_in_total(tmp_path):
    inner = write_zip(tmp_path / "in.zip", {"z": bytes(30 * 2**20)})
    outer = write_zip(tmp_path / "out.zip", {f"{i}.zip": inner.read_bytes() for i in range(3)}, zipfile.ZIP_STORED)
    assert code_of(outer, tmp_path)[0] == "I05"


def test_encrypted(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"a.dcm": b"data"})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    path.write_bytes(data)
    assert code_of(path, tmp_path) == ("I05", "the archive is encrypted")


@pytest.mark.parametrize("damage", ["truncated", "text", "empty"])
def test_no_readable_zip(tmp_path, damage):
    path = write_zip(tmp_path / "x.zip", {"a.dcm": os.urandom(10000)})
    whole = path.read_bytes()
    path.write_bytes({"truncated": whole[:-5000], "text": b"hello" * 100, "empty": b""}[damage])
    assert code_of(path, tmp_path)[0] == "I05"


def test_absent_file(tmp_path):
    assert code_of(tmp_path / "none.zip", tmp_path)[0] == "I01"


def test_one_broken_member_is_listed_and_the_rest_unpacked(tmp_path):
    path = write_zip(tmp_path / "x.zip", {"bad.dcm": b"A" * 500, "good.dcm": b"B" * 500}, zipfile.ZIP_STORED)
    data = path.read_bytes().replace(b"A" * 500, b"A" * 499 + b"C")
    path.write_bytes(data)
    files, skipped = unpack(path, tmp_path)
    assert files == {"good.dcm": b"B" * 500}
    assert [(s.path.name, "broken" in s.reason) for s in skipped] == [("bad.dcm", True)]


def test_members_of_the_same_name_are_both_kept(tmp_path):
    """The second must not overwrite the first: that would lose a slice without a word."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, pytest.warns(UserWarning):
        archive.writestr("IM1", b"first")
        archive.writestr("im1", b"second")
        archive.writestr("IM1", b"third")
    path = tmp_path / "x.zip"
    path.write_bytes(buffer.getvalue())
    files, _ = unpack(path, tmp_path)
    assert sorted(files.values()) == [b"first", b"second", b"third"]


def test_links_are_not_followed(tmp_path):
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    files, skipped = unpack(path, tmp_path)
    assert files == {}
    assert "link" in skipped[0].reason


def test_long_names(tmp_path):
    files, _ = unpack(write_zip(tmp_path / "x.zip", {"d/" + "n" * 250 + ".dcm": b"1", "é" * 120: b"2"}), tmp_path)
    assert sorted(files.values()) == [b"1", b"2"]
    assert any(name.endswith(".dcm") for name in files)
