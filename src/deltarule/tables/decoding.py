"""Bytes → text: unpacks gzip, finds the encoding, refuses what is no text."""

from __future__ import annotations

import gzip
import re
import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from dataclasses import dataclass
from io import BytesIO

from deltarule.errors import TableError

GZIP = b"\x1f\x8b"
# bytes that a file may unpack to, or so many times its own: tables come to 20 times
UNPACKED, TIMES = 1 << 31, 50
PART = 1 << 20  # bytes that are unpacked at once
# The first bytes of files that people hand over instead of a table.
NO_TABLE: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or spreadsheet: save the sheet as .xlsx or CSV, or unpack the archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document: save the sheet as .xlsx or CSV"),
    (b"%PDF", "a PDF document: copy its table into a CSV file"),
    (b"\x89PNG", "a picture: give a table"),
    (b"\xff\xd8\xff", "a picture: give a table"),
    (b"BZh", "packed with bzip2: unpack it, or pack it with gzip"),
    (b"\xfd7zXZ", "packed with xz: unpack it, or pack it with gzip"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd: unpack it, or pack it with gzip"),
    (b"\x89HDF", "an HDF5 file: save the table as CSV, Parquet or NPZ"),
    (b"SQLite format 3", "an SQLite database: export the table as CSV"),
    (b"\x93NUMPY", "a single NumPy array: save it with its names by `numpy.savez`"),
    (b"MATLAB 5.0", "a MATLAB file: write the table with `writetable` as CSV"),
    (b"\x80\x04\x95", "a pickle, which is never opened: save the table as CSV or Parquet"),
    (b"\x80\x05\x95", "a pickle, which is never opened: save the table as CSV or Parquet"),
)
CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1f\x7f]")
BOMS = (
    (BOM_UTF8, "utf-8"),
    (BOM_UTF32_LE, "utf-32-le"),
    (BOM_UTF32_BE, "utf-32-be"),
    (BOM_UTF16_LE, "utf-16-le"),
    (BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Text:
    """A file's text as UTF-8 without BOM, its lines ended by a line feed; `bom`: there was one; `notes`: sentences."""

    data: bytes
    bom: bool = False
    notes: tuple[str, ...] = ()


def refuse_too_much(unpacked: int, packed: int, source: str) -> None:
    """Raises TableError where a file of `packed` bytes unpacks to more than a table's would: it may fill the memory.

    >>> refuse_too_much(2000, 100, "data.npz")
    """
    most = max(UNPACKED, TIMES * packed)
    if unpacked > most:
        raise TableError(
            f"{source} unpacks to more than {most / 1e9:.3g} GB, the most that is read of a file of its size: "
            "give the table as CSV that is not packed."
        )


def unpack(data: bytes, source: str) -> bytes:
    """The bytes themselves, or what is inside where they are gzip's."""
    if not data.startswith(GZIP):
        return data
    unpacked = BytesIO()
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as packed:
            while part := packed.read(PART):
                unpacked.write(part)
                refuse_too_much(unpacked.tell(), len(data), source)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{source} is a damaged gzip file ({error}): fetch or pack it again.") from error
    return unpacked.getvalue()


def decode(data: bytes, source: str) -> Text:
    """Text in UTF-8, whatever it was written in: UTF-8, UTF-16, UTF-32, Windows-1252 or Latin-1.

    >>> decode("größe;höhe\\r\\n1;2\\r\\n".encode("cp1252"), "data.csv").data.decode()
    'größe;höhe\\n1;2\\n'
    """
    for signature, what in NO_TABLE:
        if data.startswith(signature):
            raise TableError(f"{source} is {what}.")
    bom, encoding = next(((bom, name) for bom, name in BOMS if data.startswith(bom)), (b"", ""))
    encoding = encoding or wide_encoding(data) or "utf-8"
    notes: tuple[str, ...] = ()
    if encoding == "utf-8":
        data = data.removeprefix(bom)
        refuse_binary(data, source)
        bad = invalid_utf8(data)
        if bad is not None and bom:
            raise TableError(
                f"{source}: line {line_of(data, bad)} is not UTF-8 (byte 0x{data[bad]:02X}) although the file "
                "opens as UTF-8: save the file in one encoding."
            )
        if bad is not None:
            line = line_of(data, bad)
            data = one_byte_text(data).encode()
            notes = (f"{source} is not UTF-8 (line {line}): it was read as Windows-1252.",)
    else:
        try:
            data = data.removeprefix(bom).decode(encoding).encode()
        except UnicodeDecodeError as error:
            raise TableError(
                f"{source} begins as {encoding.upper()} but byte {error.start + len(bom) + 1} does not fit "
                f"({error.reason}): save the file again as UTF-8."
            ) from error
        refuse_binary(data, source)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return Text(data, bool(bom), notes)


def wide_encoding(data: bytes) -> str:
    """UTF-16 without a BOM shows in zero bytes at every second place."""
    sample = data[:4096]
    half = len(sample) // 2
    if half and sample[1::2].count(0) > 0.6 * half and not sample[0::2].count(0):
        return "utf-16-le"
    if half and sample[0::2].count(0) > 0.6 * half and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def refuse_binary(data: bytes, source: str) -> None:
    """Text has no zero byte, and hardly ever another control character."""
    zero = data.find(b"\x00")
    controls = len(CONTROL.findall(data[:65536]))
    if zero >= 0 or controls > 0.02 * len(data[:65536]):
        first = zero if zero >= 0 else next(CONTROL.finditer(data)).start()
        raise TableError(
            f"{source} is binary, not text (byte 0x{data[first]:02X} in line {line_of(data, first)}): "
            "give a CSV, Parquet, Arrow or NPZ file."
        )


def invalid_utf8(data: bytes) -> int | None:
    """Where the first byte stands that is not UTF-8."""
    if data.isascii():
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def one_byte_text(data: bytes) -> str:
    """Windows-1252, or Latin-1 where a byte is one of the five that Windows left out."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def line_of(data: bytes, position: int) -> int:
    """The line, counted from 1, of the byte at `position`."""
    return data.count(b"\n", 0, position) + 1
