# Runs calls on a worker, and gives their results away in pieces.

import asyncio
import difflib
import importlib
import inspect
import time

import dask
import msgpack
from distributed import get_worker
from distributed.protocol import to_serialize

from . import calls_code
from .calls_errors import Refusal, describe
from .calls_values import Encoder, decode, join, split

# A larger result stays on its worker, in parts.
SMALL = 1 << 20
MOST_TAKEN = 4 << 20

# Running tasks by key; the value says whether to stop before the next input.
running = {}


class NotCallable(Refusal):
    # The function cannot be called; the message says why.
    pass


class Run:
    # What Dask pickles as the function of a call. A worker without the agent could not unpickle one of our functions,
    # and would lose its connection by that: there it becomes one that returns nothing (calls_session.py).

    def __reduce__(self):
        return eval, (f"getattr(__import__('sys').modules.get({__name__!r}), 'run', lambda *args: None)",)

    def __call__(self, *args):
        return run_call(*args)


run = Run()


def run_call(key, function, payload, blob, code):
    # One Dask task: the function with the arguments of a call, or one after the other with the inputs of a batch. All
    # that goes wrong in it is in the result: no class of the user's has to be known elsewhere.
    began = time.perf_counter()
    worker = get_worker()
    running[key] = False
    encoder = Encoder()
    try:
        outcomes = list(outcomes_of(worker, encoder, key, function, payload, blob, code))
    finally:
        running.pop(key, None)
    head = msgpack.packb([time.perf_counter() - began, str(worker.name), outcomes])
    parts = join([head, *encoder.frames])
    return b"".join(parts) if sum(map(len, parts)) <= SMALL else tuple(parts)


def outcomes_of(worker, encoder, key, function, payload, blob, code):
    items = [None]
    try:
        parts = [payload] if blob is None else calls_code.pull(worker, blob)
        frames = split(parts)
        del parts
        is_batch, kwargs, items = msgpack.unpackb(frames[0])
        with calls_code.using(worker, code):
            target = resolve(function, worker, code)
            named = decode(kwargs, frames) if kwargs is not None else {}
            for item in items:
                if running.get(key):
                    return
                try:
                    args = [decode(item, frames)] if is_batch else decode(item, frames)
                    result = target(*args, **named)
                    if inspect.iscoroutine(result):
                        result = asyncio.run(result)
                    outcome = [1, encoder.pack(result)]
                    del result, args
                except BaseException as error:
                    outcome = [0, describe(error)]
                yield outcome
    except GeneratorExit:
        raise
    except BaseException as error:
        told = describe(error)
        for _ in items:
            yield [0, told]


def resolve(function, worker, code):
    module, _, path = function.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module + ".").startswith(error.name + "."):
            raise NotCallable(
                f'"{module}" cannot be imported: the worker {worker.name} has no module "{error.name}". Install it in '
                "the machines' environment, or upload it with cluster.upload()."
            ) from None
        uploaded = " in what was uploaded or installed" if code else ""
        raise NotCallable(
            f'The worker {worker.name} has no module "{error.name}"{uploaded}. Upload it with cluster.upload(), or '
            "install it in the machines' environment."
        ) from None
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            known = [each for each in dir(found) if not each.startswith("_") and callable(getattr(found, each, None))]
            alike = difflib.get_close_matches(name, known, n=3) or known[:5]
            hint = f" It has {', '.join(alike)}." if alike else ""
            raise NotCallable(f'"{function}": {module} has no function "{path}".{hint}') from None
    if not callable(found):
        raise NotCallable(f'"{function}" is a {type(found).__name__}, not a function.')
    return found


def take(worker, wants=(), large=False):
    # Pieces of results that are here: for each [key, offset, length] the whole length and the piece, or None.
    if len(wants) > 5000:
        raise ValueError("at most 5,000 results can be taken at once")
    taken, left = [], MOST_TAKEN
    for key, offset, length in wants:
        value = worker.data.get(key)
        parts = [value] if isinstance(value, bytes) else value
        length = min(length, left)
        if not isinstance(parts, (list, tuple)) or offset < 0 or length < 0:
            taken.append(None)
            continue
        total = sum(map(len, parts))
        if offset == 0 and len(parts) == 1 and length >= total:
            piece = parts[0]
        else:
            piece = cut(parts, offset, length)
        left -= len(piece)
        # The scheduler passes on what is in a frame of its own without a look at it. Node.js reads no compressed ones.
        taken.append([total, to_serialize(bytes(piece)) if large and is_uncompressed() else piece])
    return taken


def is_uncompressed():
    return dask.config.get("distributed.comm.compression", None) in (None, False, "None")


def cut(parts, offset, length):
    pieces = []
    for part in parts:
        if length <= 0:
            break
        if offset < len(part):
            piece = memoryview(part)[offset : offset + length]
            pieces.append(piece)
            length -= len(piece)
            offset = 0
        else:
            offset -= len(part)
    # As a view it is copied once less on its way.
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def stop(keys=()):
    # No further input of these tasks is begun.
    for key in keys:
        if key in running:
            running[key] = True
