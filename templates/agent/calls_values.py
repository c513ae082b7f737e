# Values between Node.js and Python: msgpack with four extension types. Large bytes travel beside it, in frames of their
# own, so that they are not copied through msgpack.

import datetime
import struct
import sys

import msgpack

from .calls_errors import Refusal, full_name

INTEGER, MOMENT, FRAME, TABLE = 1, 2, 3, 4
LARGE = 64 * 1024
LONGEST_INTEGER = 1 << 20

HINTS = {
    "set": "Return list(value).",
    "frozenset": "Return list(value).",
    "range": "Return list(value).",
    "generator": "Return list(value).",
    "map": "Return list(value).",
    "zip": "Return list(value).",
    "complex": "Return [value.real, value.imag].",
    "datetime.date": "Return value.isoformat().",
    "datetime.time": "Return value.isoformat().",
    "datetime.timedelta": "Return value.total_seconds().",
    "decimal.Decimal": "Return str(value) or float(value).",
    "fractions.Fraction": "Return str(value) or float(value).",
    "uuid.UUID": "Return str(value).",
    "numpy.ndarray": "Return value.tolist(), or value.tobytes() for its bytes.",
    "pandas.core.frame.DataFrame": "Return pyarrow.Table.from_pandas(value), or value.to_dict('records').",
    "pandas.DataFrame": "Return pyarrow.Table.from_pandas(value), or value.to_dict('records').",
    "pandas.core.series.Series": "Return value.tolist().",
    "pandas.Series": "Return value.tolist().",
}


class UnsendableValue(Refusal):
    # A value without a form for Node.js.
    pass


def decode(item, frames):
    # One value: its msgpack, or the number of the frame with it, and the number of its first frame.
    data, base = item
    if isinstance(data, int):
        data = frames[data]

    def extension(code, content):
        if code == INTEGER:
            return int(content, 16)
        if code == MOMENT:
            (milliseconds,) = struct.unpack(">d", content)
            epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
            return epoch + datetime.timedelta(milliseconds=milliseconds)
        if code in (FRAME, TABLE):
            (index,) = struct.unpack(">I", content)
            frame = frames[base + index]
            return frame if code == FRAME else read_table(frame)
        raise ValueError(f"extension type {code} is unknown")

    return msgpack.unpackb(data, raw=False, strict_map_key=False, ext_hook=extension)


def read_table(data):
    try:
        import pyarrow
    except ImportError:
        message = "An ArrowTable needs pyarrow on the worker. Install it there, or pass a Uint8Array."
        raise RuntimeError(message) from None
    return pyarrow.ipc.open_stream(data).read_all()


class Encoder:
    # Packs values one by one; their frames in common.

    def __init__(self):
        self.frames = []

    def pack(self, value):
        base = len(self.frames)
        try:
            return self._pack(value, base)
        except BaseException:
            del self.frames[base:]
            raise

    def _pack(self, value, base):
        def default(inner):
            return self._plain(inner, base)

        if isinstance(value, (bytes, bytearray, memoryview)) and len(value) >= LARGE:
            value = self._framed(FRAME, bytes(value), base)
        try:
            data = msgpack.packb(value, default=default, strict_types=True, use_bin_type=True)
        except UnsendableValue:
            raise
        except UnicodeEncodeError:
            raise UnsendableValue("A str in the result is not valid Unicode. Return its bytes.") from None
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise UnsendableValue(f"The result cannot be sent to Node.js: {error}") from None
        if len(data) < LARGE:
            return [data, base]
        self.frames.append(data)
        return [len(self.frames) - 1, base]

    def _framed(self, code, content, base):
        self.frames.append(content)
        return msgpack.ExtType(code, struct.pack(">I", len(self.frames) - 1 - base))

    def _plain(self, value, base):
        kind = type(value)
        if kind is tuple:
            return list(value)
        if kind is int:
            content = hex(value).encode()
            if len(content) > LONGEST_INTEGER:
                raise UnsendableValue("An int in the result is too large. Return str(value).")
            return msgpack.ExtType(INTEGER, content)
        # Subclasses: enumerations of integers, numpy.float64, named tuples, ordered and default dictionaries.
        for plain, convert in (
            (int, int),
            (float, float),
            (str, str.__str__),
            ((bytes, bytearray, memoryview), bytes),
            ((tuple, list), list),
            (dict, dict),
        ):
            if isinstance(value, plain):
                return convert(value)
        if isinstance(value, datetime.datetime):
            if value.tzinfo is None:
                raise UnsendableValue(
                    "A datetime in the result has no time zone. Return value.isoformat(), or value.astimezone()."
                )
            return msgpack.ExtType(MOMENT, struct.pack(">d", value.timestamp() * 1000))
        numpy, pyarrow = sys.modules.get("numpy"), sys.modules.get("pyarrow")
        if numpy is not None and isinstance(value, numpy.generic):
            item = value.item()
            if type(item) in (bool, int, float, str, bytes):
                return item
        if pyarrow is not None and isinstance(value, (pyarrow.Table, pyarrow.RecordBatch)):
            return self._framed(TABLE, write_table(pyarrow, value), base)
        name = full_name(kind)
        hint = HINTS.get(name, "Return plain values: dict, list, str, int, float, bool, None, bytes.")
        raise UnsendableValue(f"A {name} in the result has no form in Node.js. {hint}")


def write_table(pyarrow, table):
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return sink.getvalue().to_pybytes()


def join(frames):
    # A message of frames, as its parts: their number and lengths (u64, big-endian), then the frames, each from a
    # multiple of 8 bytes on, where Node.js can read numbers in place.
    parts = [struct.pack(f">{1 + len(frames)}Q", len(frames), *map(len, frames))]
    for frame in frames:
        parts.append(frame)
        if len(frame) % 8:
            parts.append(bytes(8 - len(frame) % 8))
    return parts


def split(parts):
    # The frames of a message that arrived in parts, each copied once.
    first = parts[0]
    (count,) = struct.unpack_from(">Q", first)
    lengths = struct.unpack_from(f">{count}Q", first, 8)
    frames = []
    part, at = 0, 8 + 8 * count
    for length in lengths:
        pieces = []
        padding = -length % 8
        left = length + padding
        while left > 0:
            if at >= len(parts[part]):
                at -= len(parts[part])
                parts[part] = b""
                part += 1
                continue
            taken = min(left, len(parts[part]) - at)
            pieces.append(memoryview(parts[part])[at : at + min(taken, max(0, left - padding))])
            at += taken
            left -= taken
        frames.append(b"".join(pieces))
    return frames
