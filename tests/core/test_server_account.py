"""Other accounts are let through, and no further."""

from pathlib import Path

from academics_app.core.server_account import let_others_pass, let_others_run


def test_parents_may_be_passed_but_not_listed(tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "data").mkdir(parents=True)
    private.chmod(0o700)

    let_others_pass(private / "data" / "postgres")

    assert private.stat().st_mode & 0o777 == 0o701


def test_an_installation_under_a_strict_umask_can_be_run(tmp_path: Path) -> None:
    programs = tmp_path / "package" / "bin"
    library = tmp_path / "package" / "lib" / "libpq.so"
    for file, mode in ((programs / "postgres", 0o700), (library, 0o600)):
        file.parent.mkdir(parents=True)
        file.touch(mode=mode)
        file.parent.chmod(0o700)

    let_others_run(programs, tmp_path / "package")

    assert (programs / "postgres").stat().st_mode & 0o777 == 0o705
    assert library.stat().st_mode & 0o777 == 0o604
    assert library.parent.stat().st_mode & 0o777 == 0o705
