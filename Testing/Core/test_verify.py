"""A changed byte in any file, and files that contradict each other, are found and named."""

import hashlib
import json
import shutil
from dataclasses import replace

import pytest
from record_cases import case_record, refused_record

from strokequant.errors import Level
from strokequant.record import files, table
from strokequant.record.case_record import record_to_dict, write_case
from strokequant.record.images import mask_bytes
from strokequant.record.verify import verify


def write_run(out):
    """A run of two cases with a DICOM object beside them."""
    records = {"case01/baseline": case_record(), "case02/baseline": refused_record()}
    outputs, inputs, data = {}, {}, []
    for folder, record in records.items():
        hashes = write_case(record, out / folder)
        hashes["dicom/sr.dcm"] = files.write_bytes(out / folder / "dicom" / "sr.dcm", b"DICM" * 50)
        outputs |= {f"{folder}/{name}": digest for name, digest in hashes.items()}
        inputs |= {ref.uid: ref.sha256 for ref in record.inputs}
        data.append(record_to_dict(record))
    cases = [
        {"case": r.case, "timepoint": r.timepoint, "outcome": "measured", "reason": "", "folder": folder}
        for folder, r in records.items()
    ]
    outputs[table.MEASUREMENTS] = table.write_measurements(out, data)
    outputs[table.CASES] = table.write_cases(out, [{**case, "seconds": 1.5} for case in cases])
    files.write_manifest(
        out,
        outputs=outputs,
        inputs=inputs,
        software={"strokequant": "0.1.0"},
        configuration=case_record().configuration,
        command=["strokequant", "run"],
        cases=cases,
        started_utc="2026-01-02T03:04:05Z",
    )


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    out = tmp_path_factory.mktemp("pristine") / "out"
    write_run(out)
    return out


@pytest.fixture
def out(pristine, tmp_path):
    return shutil.copytree(pristine, tmp_path / "out")


def every_file(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def rehash(out, changed=()):
    """Write the hashes of changed files into run.json, as somebody would who wants to hide a change."""
    manifest = json.loads((out / "run.json").read_bytes())
    for name in changed:
        manifest["outputs"][name] = files.sha256_file(out / name)
    manifest["sha256"] = files.manifest_hash(manifest)
    (out / "run.json").write_bytes(files.canonical_json(manifest))


def change_json(path, change):
    data = json.loads(path.read_bytes())
    change(data)
    path.write_bytes(files.canonical_json(data))


def test_a_fresh_run_holds(pristine):
    assert verify(pristine) == ()
    assert len(every_file(pristine)) == 14


def test_a_flipped_bit_anywhere_is_found(out):
    """Every file, at its first, last and some inner bytes."""
    for name in every_file(out):
        path = out / name
        content = path.read_bytes()
        places = {
            0,
            len(content) - 1,
            *(int(hashlib.sha256(f"{name}{n}".encode()).hexdigest(), 16) % len(content) for n in range(3)),
        }
        for place in sorted(places):
            changed = bytearray(content)
            changed[place] ^= 1
            path.write_bytes(changed)
            found = verify(out)
            assert any(i.code == "O02" and i.level is Level.STOP and i.subject == name for i in found), (name, place)
        path.write_bytes(content)
    assert verify(out) == ()


def test_every_byte_of_run_json_counts(out):
    path = out / "run.json"
    content = path.read_bytes()
    for place in range(0, len(content), 97):
        path.write_bytes(content[:place] + bytes([content[place] ^ 2]) + content[place + 1 :])
        assert any(i.subject == "run.json" for i in verify(out)), place


def test_missing_and_cut_files(out):
    for name in every_file(out):
        content = (out / name).read_bytes()
        (out / name).unlink()
        assert any(i.subject == name and i.level is Level.STOP for i in verify(out)), name
        (out / name).write_bytes(content[:-1])
        assert any(i.subject == name for i in verify(out)), name
        (out / name).write_bytes(content)


def test_an_extra_file_is_a_warning(out):
    (out / "case01" / "baseline" / "masks" / "mine.seg.nrrd").write_bytes(b"x")
    found = verify(out)
    assert [(i.level, i.subject) for i in found] == [(Level.WARN, "case01/baseline/masks/mine.seg.nrrd")]


def test_a_number_changed_in_the_table_with_its_hash(out):
    path = out / "measurements.csv"
    path.write_bytes(path.read_bytes().replace(b"0.48,", b"0.98,", 1))
    rehash(out, ["measurements.csv"])
    found = verify(out)
    assert [i.subject for i in found] == ["measurements.csv"]
    assert "value is '0.98'" in found[0].found and "0.48" in found[0].expected


def test_a_number_changed_in_the_record_with_its_hash(out):
    path = out / "case01/baseline/record.json"
    change_json(path, lambda data: data["measurements"][0].update(value=4.8))
    rehash(out, ["case01/baseline/record.json"])
    found = verify(out)
    assert [i.subject for i in found] == ["measurements.csv"] * 2 and all("4.8" in i.expected for i in found)
    assert ["value is" in i.found for i in found] == [True, False] and "shown is" in found[1].found


def test_a_row_taken_away_and_a_row_put_in(out):
    path = out / "measurements.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], *lines[2:], lines[1].replace(b"case01", b"case77")]))
    rehash(out, ["measurements.csv"])
    found = [i.found for i in verify(out)]
    assert any(f.startswith("no row for case01") for f in found)
    assert any(f.startswith("a row for case77") for f in found)


def test_a_row_twice(out):
    path = out / "measurements.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[-1]]))
    rehash(out, ["measurements.csv"])
    assert [i.subject for i in verify(out)] == ["measurements.csv"]


def test_a_mask_changed_with_its_hash_in_the_manifest(out):
    name = "case01/baseline/masks/infarct_core.seg.nrrd"
    (out / name).write_bytes((out / name).read_bytes() + b" ")
    rehash(out, [name])
    found = verify(out)
    assert [i.subject for i in found] == ["case01/baseline/record.json"]
    assert "masks/infarct_core.seg.nrrd" in found[0].found


def test_a_mask_changed_with_every_hash(out):
    """Hashes are new everywhere: the voxels counted again still tell."""
    name = "case01/baseline/masks/infarct_core.seg.nrrd"
    smaller = case_record().masks["infarct_core"].values.copy()
    smaller[2, 8, 10] = False
    digest = files.write_bytes(out / name, mask_bytes(replace(case_record().masks["infarct_core"], values=smaller)))
    record = "case01/baseline/record.json"
    change_json(
        out / record,
        lambda data: next(m for m in data["masks"] if m["name"] == "infarct_core").update(sha256=digest),
    )
    rehash(out, [name, record])
    found = verify(out)
    assert [i.subject for i in found] == [name]
    assert "23 voxels" in found[0].found and "24 voxels, 0.48 mL" in found[0].expected


def test_an_outcome_changed_with_its_hash(out):
    path = out / "cases.csv"
    path.write_bytes(path.read_bytes().replace(b"measured", b"refused_", 1))
    rehash(out, ["cases.csv"])
    assert [i.subject for i in verify(out)] == ["cases.csv"]


def test_inputs_of_record_and_run_must_agree(out):
    change_json(out / "run.json", lambda data: data["inputs"].update(dict.fromkeys(data["inputs"], "ef" * 32)))
    rehash(out)
    assert {i.subject for i in verify(out)} == {"case01/baseline/record.json"}


def test_records_that_changed_places(out):
    first, second = (out / f"case0{n}/baseline/record.json" for n in (1, 2))
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    rehash(out, ["case01/baseline/record.json", "case02/baseline/record.json"])
    assert any("it is of case" in i.found for i in verify(out))


def test_a_record_that_breaks_the_schema(out):
    name = "case01/baseline/record.json"
    change_json(out / name, lambda data: data.update(status="final"))
    rehash(out, [name])
    assert any(i.subject == name and i.expected == "record.schema.json" for i in verify(out))


def test_a_case_of_the_manifest_without_record(out):
    name = "case01/baseline/record.json"
    (out / name).unlink()
    change_json(out / "run.json", lambda data: data["outputs"].pop(name))
    rehash(out)
    assert any(i.subject == name for i in verify(out))


def test_manifest_that_leads_out_of_the_folder(out):
    (out.parent / "secret").write_bytes(b"x")
    for name in ("../secret", "/etc/hostname", "a/../../secret", "C:/x", ""):
        write = lambda data, name=name: data["outputs"].update({name: hashlib.sha256(b"x").hexdigest()})  # noqa: E731
        kept = (out / "run.json").read_bytes()
        change_json(out / "run.json", write)
        rehash(out)
        assert any(i.subject == name and "leads out" in i.found for i in verify(out)), name
        (out / "run.json").write_bytes(kept)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"outputs": 1}', b"[" * 100_000])
def test_a_manifest_that_is_none(out, content):
    (out / "run.json").write_bytes(content)
    found = verify(out)
    assert found and {i.subject for i in found} == {"run.json"}


def test_no_run_at_all(tmp_path):
    for folder in (tmp_path, tmp_path / "nothing"):
        found = verify(folder)
        assert [(i.code, i.level, i.subject) for i in found] == [("O02", Level.STOP, "run.json")]
        assert found[0].remedy


def test_table_with_other_columns(out):
    path = out / "measurements.csv"
    path.write_bytes(path.read_bytes().replace(b"lower", b"low", 1))
    rehash(out, ["measurements.csv"])
    assert [i.found for i in verify(out)] == ["columns are not those of the format"]
