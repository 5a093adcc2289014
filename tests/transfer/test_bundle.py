"""Reading a bundle: what is forgiven with a remark, and what is refused."""

import io
import zipfile
from pathlib import Path

import pytest

from academics_app.core.errors import InvalidInput
from academics_app.transfer import archive
from academics_app.transfer.oneroster import bundle as bundles
from academics_app.transfer.oneroster.bundle import Bundle, read_bundle
from tests.transfer.bundles import zip_of

USERS = b"sourcedId,givenName,familyName,role\r\nu-1,Zo\xc3\xa9,Lee,student\r\n"


def read(files: dict[str, bytes], *, folder: str = "") -> Bundle:
    return read_bundle(zip_of(files, folder=folder), name="roster.zip")


def names(bundle: Bundle) -> list[str]:
    return [row["givenName"] for row in bundle.table("users").rows]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (USERS, ""),
        (b"\xef\xbb\xbf" + USERS, ""),
        (USERS.replace(b"\r\n", b"\n"), ""),
        (USERS.replace(b"\r\n", b"\r"), ""),
        (b"\r\n" + USERS.replace(b"\r\n", b"\r\n\r\n"), ""),
        (USERS.decode().encode("latin-1"), "isn't UTF-8 (first at row 2); it was read as Western European"),
        (USERS.decode().encode("utf-16"), "UTF-16"),
        (USERS.replace(b",", b";"), "separated by semicolons"),
        (USERS.replace(b",", b"\t"), "separated by tabs"),
        (b'"sourcedId","givenName","familyName","role"\n"u-1","Zo\xc3\xa9","Lee, jr","student"\n', ""),
        (USERS.replace(b"givenName", b" GIVENNAME "), "read as givenName"),
    ],
)
def test_encodings_and_separators(content: bytes, remark: str) -> None:
    bundle = read({"users.csv": content})
    assert names(bundle) == ["Zoé"]
    remarks = " ".join(bundle.table("users").remarks)
    assert remark in remarks
    assert bool(remarks) == bool(remark)


def test_rows_are_numbered_as_in_a_spreadsheet() -> None:
    rows = read({"users.csv": b'sourcedId,givenName\nu-1,"two\nlines"\n\nu-2,Bob\n'}).table("users").rows
    assert [(row.number, row["givenName"]) for row in rows] == [(2, "two\nlines"), (4, "Bob")]


def test_a_row_with_too_many_cells_is_not_guessed_at() -> None:
    table = read({"users.csv": b"sourcedId,givenName,role\nu-1,Lee, Ann,student\nu-2,Bob,student,,\n"}).table(
        "users"
    )
    assert [row["sourcedId"] for row in table.rows] == ["u-2"]
    assert table.faults == [
        (2, "The row has 4 cells and the header 3: probably a comma stands in a cell without quotes.")
    ]


def test_a_row_that_ends_early_has_empty_cells() -> None:
    assert read({"users.csv": b"sourcedId,givenName,role\nu-1\n"}).table("users").rows[0]["role"] == ""


@pytest.mark.parametrize("cell", [b"a\x00b", b"x" * 20_001])
def test_a_cell_that_cannot_be_stored_is_refused(cell: bytes) -> None:
    table = read({"users.csv": b"sourcedId,givenName\nu-1," + cell + b"\n"}).table("users")
    assert (table.rows, len(table.faults)) == ([], 1)


@pytest.mark.parametrize(
    ("file", "header", "column"),
    [
        ("users", "userId,agents,sourcedId", "agentSourcedIds"),
        ("users", "sourcedId,orgSourcedId", "orgSourcedIds"),
        ("demographics", "userSourcedId,birthdate", "sourcedId"),
        ("demographics", "userSourcedId,birthdate", "birthDate"),
        ("classes", "sourcedId,termSourcedId", "termSourcedIds"),
        ("enrollments", "sourcedId,startDate", "beginDate"),
    ],
)
def test_columns_by_other_names(file: str, header: str, column: str) -> None:
    table = read({f"{file}.csv": header.encode() + b"\n1,2,3\n"}).table(file)
    assert table.has(column)
    assert any(f"was read as {column}" in remark for remark in table.remarks)


def test_a_column_that_is_there_twice_is_told() -> None:
    table = read({"users.csv": b"sourcedId,role,role\nu-1,student,teacher\n"}).table("users")
    assert table.rows[0]["role"] == "student"
    assert table.remarks == ["The column role is there twice; the first one was read."]


def test_passwords_are_never_read() -> None:
    header = "sourcedId,password,ext_studentPassword,clientSecret"
    table = read({"users.csv": f"{header}\nu-1,hunter2,hunter3,hunter4\n".encode()}).table("users")
    assert "hunter" not in repr(table.rows[0].cells)
    assert table.remarks == ["Passwords in the file are not read; people get theirs by invitation."]


def test_unnamed_and_unknown_columns() -> None:
    table = read({"roles.csv": b"sourcedId,role,dataLastModified,metadata.x,,\nr-1,student,,1,,\n"}).table(
        "roles"
    )
    assert table.remarks == ["Columns that have no place here: metadata.x."]


def test_roles_in_the_file_of_profiles() -> None:
    content = b"sourcedId,userSourcedId,roleType,role\nr-1,u-1,primary,student\n"
    alone = read({"users.csv": USERS, "userprofiles.csv": content})
    assert [row["role"] for row in alone.table("roles").rows] == ["student"]
    both = read(
        {
            "users.csv": USERS,
            "userProfiles.csv": content,
            "roles.csv": content.replace(b"student", b"teacher"),
        }
    )
    assert [row["role"] for row in both.table("roles").rows] == ["teacher"]
    assert "roles.csv is there and was used" in both.table("userProfiles").remarks[0]


def test_the_manifest_against_the_files() -> None:
    manifest = (
        b"propertyName,value\noneroster.version,1.2\nfile.users,delta\nfile.orgs,absent\nfile.classes,bulk\n"
    )
    bundle = read({"manifest.csv": manifest, "users.csv": USERS, "orgs.csv": b"sourcedId\no-1\n"})
    assert (bundle.version, bundle.table("users").is_delta, bundle.table("orgs").is_delta) == (
        "1.1",
        True,
        False,
    )
    assert bundle.remarks == [
        "The manifest says OneRoster 1.2, the files are those of 1.1.",
        "The manifest promises classes.csv, but it isn't there.",
    ]
    assert bundle.table("orgs").remarks == [
        "The manifest says that this file is absent; it is there and was read."
    ]
    assert "no manifest.csv" in read({"users.csv": USERS}).remarks[0]


@pytest.mark.parametrize("folder", ["roster/", "a/b/", "roster\\"])
def test_one_folder_in_the_zip_is_fine(folder: str) -> None:
    litter = {"__MACOSX/users.csv": b"x", f"{folder}.hidden.csv": b"x", f"{folder}notes.txt": b"x"}
    assert names(read({f"{folder}users.csv": USERS, **litter})) == ["Zoé"]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"../users.csv": USERS}, "leads out of it"),
        ({"a/../../users.csv": USERS}, "leads out of it"),
        ({"/users.csv": USERS}, "leads out of it"),
        ({"C:/users.csv": USERS}, "leads out of it"),
        ({"..\\users.csv": USERS}, "leads out of it"),
        ({"a/users.csv": USERS, "b/users.csv": USERS}, "several folders"),
        ({"users.csv": USERS, "Users.csv": USERS}, "users.csv twice"),
        ({"users.txt": USERS}, "no CSV file"),
        ({"people.csv": USERS}, "None of its files is one of OneRoster's"),
        ({f"{n}.csv": b"" for n in range(201)}, "more than 200 files"),
    ],
)
def test_zips_that_are_refused(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as refusal:
        read(files)
    assert reason in refusal.value.body()["fields"]["file"]


def test_a_zip_bomb_is_refused_while_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(InvalidInput, match="Unpacked it is larger than 1 MB"):
        read({"users.csv": b"0" * 2**24})


def test_too_large_a_zip_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_UPLOAD_BYTES", 10)
    with pytest.raises(InvalidInput, match="larger than"):
        read({"users.csv": USERS})


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MAX_ROWS", 1)
    with pytest.raises(InvalidInput, match="more than 1 rows"):
        read({"users.csv": USERS + b"u-2\n"})


def test_a_link_in_the_zip_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        info = zipfile.ZipInfo("users.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(InvalidInput, match="holds a link"):
        read_bundle(target.getvalue(), name="x.zip")


def test_a_protected_zip_is_refused() -> None:
    content = bytearray(zip_of({"users.csv": USERS}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    with pytest.raises(InvalidInput, match="protected by a password"):
        read_bundle(bytes(content), name="x.zip")


@pytest.mark.parametrize("damage", [slice(40, 60), slice(0, 4), slice(-30, None)])
def test_a_damaged_zip_is_refused(damage: slice) -> None:
    content = bytearray(zip_of({"users.csv": USERS * 50}))
    content[damage] = b"\xff" * len(content[damage])
    with pytest.raises(InvalidInput, match="can't be imported as OneRoster"):
        read_bundle(bytes(content), name="x.zip")


def test_a_folder_is_read_like_a_zip(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_bytes(USERS)
    (tmp_path / "notes.json").write_bytes(b"{}")
    bundle = read_bundle(tmp_path, name="folder")
    assert names(bundle) == ["Zoé"]
    assert bundle.digest == read({"users.csv": USERS}).digest
    (tmp_path / "users.csv").unlink()
    with pytest.raises(InvalidInput, match="holds no CSV file"):
        read_bundle(tmp_path, name="folder")
