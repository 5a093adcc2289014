"""The files of an upload — a zip, a folder or a single file —, read with suspicion."""

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Collection
from pathlib import Path, PurePosixPath

from academics_app.core.errors import AppError

MAX_UPLOAD_BYTES = 64 * 2**20
MAX_UNPACKED_BYTES = 384 * 2**20
MAX_ENTRIES = 200

_ENCRYPTED = 0x1
_CHUNK = 2**16
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_ZIP_MAGIC, _GZIP_MAGIC = b"PK", b"\x1f\x8b"

Refuse = Callable[[str], AppError]
"""Makes the failure for a reason, a full sentence."""


def read_files(source: Path | bytes, *, suffixes: Collection[str], unusable: Refuse) -> dict[str, bytes]:
    """The contents of a zip or folder by file name: those whose name ends with one of the suffixes.

    Works the CPU: call it in a thread.
    """
    wanted = tuple(suffixes)
    if isinstance(source, Path) and source.is_dir():
        return _folder(source, wanted, unusable)
    size = source.stat().st_size if isinstance(source, Path) else len(source)
    if size > MAX_UPLOAD_BYTES:
        raise unusable(f"It is larger than {MAX_UPLOAD_BYTES // 2**20} MB.")
    try:
        with zipfile.ZipFile(source if isinstance(source, Path) else io.BytesIO(source)) as archive:
            return _unpacked(archive, _entries(archive, wanted, unusable), unusable)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise unusable("It isn't a zip file, or it is damaged.") from error


def is_zip(source: Path | bytes) -> bool:
    """Whether it begins like a zip file."""
    if isinstance(source, bytes):
        return source.startswith(_ZIP_MAGIC)
    with source.open("rb") as file:
        return file.read(2) == _ZIP_MAGIC


def gunzipped(content: bytes, *, unusable: Refuse) -> bytes:
    """What a gzip file holds, counted while unpacking; anything else as it is."""
    if not content.startswith(_GZIP_MAGIC):
        return content
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = unpacker.decompress(content, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise unusable("One of its gzip files is damaged.") from error
    if unpacker.unconsumed_tail:
        raise unusable(f"Unpacked it is larger than {MAX_UNPACKED_BYTES // 2**20} MB.")
    if not unpacker.eof:
        raise unusable("One of its gzip files is damaged.")
    return unpacked


def _folder(path: Path, suffixes: tuple[str, ...], unusable: Refuse) -> dict[str, bytes]:
    files = [
        file for file in sorted(path.iterdir()) if file.name.lower().endswith(suffixes) and file.is_file()
    ]
    if not files:
        raise unusable(f"The folder holds no {_called(suffixes)} file.")
    if sum(file.stat().st_size for file in files) > MAX_UNPACKED_BYTES:
        raise unusable(f"Its files are larger than {MAX_UNPACKED_BYTES // 2**20} MB together.")
    return {file.name: file.read_bytes() for file in files}


def _called(suffixes: tuple[str, ...]) -> str:
    return " or ".join(dict.fromkeys(suffix.split(".")[1].upper() for suffix in suffixes))


def _entries(archive: zipfile.ZipFile, suffixes: tuple[str, ...], unusable: Refuse) -> list[zipfile.ZipInfo]:
    """The wanted files' entries, all from one folder of the archive; anything suspicious refuses the whole."""
    infos = archive.infolist()
    if len(infos) > MAX_ENTRIES:
        raise unusable(f"The zip holds more than {MAX_ENTRIES} files.")
    folders: set[PurePosixPath] = set()
    chosen: list[zipfile.ZipInfo] = []
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in info.filename:
            raise unusable(f"The zip holds a path that leads out of it: {info.filename[:100]!r}.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise unusable(f"The zip holds a link: {info.filename[:100]!r}.")
        if info.is_dir() or not path.name.lower().endswith(suffixes):
            continue
        if path.parts[0] == "__MACOSX" or path.name.startswith("."):
            continue
        if info.flag_bits & _ENCRYPTED:
            raise unusable("The zip is protected by a password.")
        folders.add(path.parent)
        chosen.append(info)
    if not chosen:
        raise unusable(f"The zip holds no {_called(suffixes)} file.")
    if len(folders) > 1:
        raise unusable(
            f"The zip holds {_called(suffixes)} files in several folders; put one bundle into one zip."
        )
    return chosen


def _unpacked(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], unusable: Refuse) -> dict[str, bytes]:
    """The contents, counted while unpacking: the sizes that a zip declares can't be believed."""
    contents: dict[str, bytes] = {}
    total = 0
    for info in entries:
        parts: list[bytes] = []
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                total += len(chunk)
                if total > MAX_UNPACKED_BYTES:
                    raise unusable(f"Unpacked it is larger than {MAX_UNPACKED_BYTES // 2**20} MB.")
                parts.append(chunk)
        name = PurePosixPath(info.filename.replace("\\", "/")).name
        if name in contents:
            raise unusable(f"The zip holds {name} twice.")
        contents[name] = b"".join(parts)
    return contents
