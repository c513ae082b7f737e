# What Node.js sends in pieces and workers fetch in pieces: the zips of the user's code, and large arguments. In files,
# so that the scheduler's memory never holds them.

import asyncio
import hashlib
import os
import shutil
import tempfile

import dask

PIECE = 4 << 20
MOST_BYTES = 2 << 30
# As much stays free on the scheduler's disk.
FREE_BYTES = 512 << 20
MOST_CODES = 8


class Store:
    def __init__(self):
        self.folder = None
        self.blobs = {}

    async def put(self, name, offset, size, data):
        # Takes a piece if it is the next one; tells how many bytes are here.
        blob = self.blobs.get(name)
        if blob is None:
            self.make_room(size)
            blob = self.blobs[name] = Blob(os.path.join(self.directory(), name), size)
        if blob.size != size:
            raise ValueError(f'"{name}" has {blob.size} bytes, not {size}')
        async with blob.lock:
            if offset == blob.have and data:
                if offset + len(data) > size:
                    raise ValueError(f'"{name}" would be longer than {size} bytes')
                await asyncio.get_running_loop().run_in_executor(None, blob.append, data)
            if blob.have == size and name.startswith("code-") and blob.digest.hexdigest() != name[5:]:
                self.drop(name)
                raise ValueError("the uploaded code does not have its SHA-256")
        return blob.have

    def has(self, name):
        blob = self.blobs.get(name)
        return blob is not None and blob.have == blob.size

    async def read(self, name, offset, length):
        if not self.has(name):
            raise ValueError(f'"{name}" is not here')
        blob = self.blobs[name]
        data = await asyncio.get_running_loop().run_in_executor(None, blob.read, offset, min(length, PIECE))
        return {"size": blob.size, "data": data}

    def drop(self, name):
        blob = self.blobs.pop(name, None)
        if blob is not None:
            blob.remove()

    def drop_all(self, beginning):
        for name in [name for name in self.blobs if name.startswith(beginning)]:
            self.drop(name)

    def directory(self):
        if self.folder is None:
            place = dask.config.get("temporary-directory", None)
            self.folder = tempfile.mkdtemp(prefix="dask-fleet-calls-", dir=place)
        return self.folder

    def make_room(self, size):
        free = shutil.disk_usage(self.directory()).free
        if size + FREE_BYTES > free:
            raise ValueError(f"the scheduler's disk has {free >> 20} MiB free, too little for {size >> 20} MiB more")

    def forget_codes(self, keep):
        # The oldest ones, except those that are needed.
        codes = [name for name in self.blobs if name.startswith("code-")]
        for name in codes[: max(0, len(codes) - MOST_CODES)]:
            if name not in keep:
                self.drop(name)

    def close(self):
        self.blobs.clear()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None


class Blob:
    def __init__(self, path, size):
        self.path = path
        self.size = size
        self.have = 0
        self.lock = asyncio.Lock()
        # Code is known by its digest; an argument only waits here.
        self.digest = hashlib.sha256() if os.path.basename(path).startswith("code-") else None
        with open(path, "xb"):
            pass

    def append(self, data):
        with open(self.path, "r+b") as file:
            file.seek(self.have)
            file.write(data)
        if self.digest is not None:
            self.digest.update(data)
        self.have += len(data)

    def read(self, offset, length):
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(length)

    def remove(self):
        try:
            os.remove(self.path)
        except OSError:
            pass
