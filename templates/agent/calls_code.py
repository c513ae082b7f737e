# The user's code on a worker: pulled from the scheduler on first need, unzipped, and on the path of imports.
#
# Python has one table of modules for a process, so a process has one version of code at a time: a task with another
# version waits until no task of the present one is running.

import asyncio
import contextlib
import importlib
import io
import os
import shutil
import sys
import threading
import zipfile

PIECE = 4 << 20
MOST_BYTES = 4 << 30
PULL_SECONDS = 60

turns = threading.Condition()
active = 0
current = None
folder = None


@contextlib.contextmanager
def using(worker, code):
    # `code`: the SHA-256 of a zip, or None for whatever is there.
    global active
    with turns:
        while code not in (None, current) and active > 0:
            turns.wait()
        if code not in (None, current):
            switch(worker, code)
        active += 1
    try:
        yield
    finally:
        with turns:
            active -= 1
            turns.notify_all()


def switch(worker, code):
    global current, folder
    new = os.path.join(worker.local_directory, f"fleet-code-{code[:32]}")
    if not os.path.isdir(new):
        unzip(pull(worker, f"code-{code}"), new)
    if folder is not None:
        sys.path[:] = [place for place in sys.path if place != folder]
        for name, module in list(sys.modules.items()):
            if is_inside(folder, module):
                del sys.modules[name]
    sys.path.insert(0, new)
    importlib.invalidate_caches()
    current, folder = code, new


def is_inside(place, module):
    paths = [getattr(module, "__file__", None)]
    with contextlib.suppress(Exception):
        paths += list(getattr(module, "__path__", None) or [])
    return any(isinstance(path, str) and path.startswith(place) for path in paths)


def pull(worker, name):
    # All parts of what the scheduler keeps under that name. In a task's thread.
    parts, at = [], 0
    while True:
        request = worker.scheduler.fleet_calls_read(name=name, offset=at, length=PIECE)
        answer = asyncio.run_coroutine_threadsafe(request, worker.loop.asyncio_loop).result(PULL_SECONDS)
        data, size = answer["data"], answer["size"]
        parts.append(data)
        at += len(data)
        if at >= size or not data:
            return parts


def unzip(parts, new):
    made = f"{new}.{os.getpid()}"
    shutil.rmtree(made, ignore_errors=True)
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MOST_BYTES:
            raise RuntimeError("The uploaded code is too large")
        # Never outside of the folder: zipfile drops drives, roots and "..".
        archive.extractall(made)
    os.rename(made, new)
