# Files of jobs, kept by the SHA-256 of their content: what a machine has is never sent to it again. All methods block:
# call them in a thread. Whoever cannot take a file because of room raises Full.

import hashlib
import os
import shutil
import threading
import time
from collections import OrderedDict

MOST_BYTES = 4 << 30
MOST_BLOBS = 100_000
# The machine's own: Dask spills here, too.
FREE_BYTES = 256 << 20
# An upload that nobody has gone on with.
STALE_SECONDS = 600
COPY_BYTES = 1 << 20


class Full(Exception):
    pass


class Upload:
    def __init__(self, path):
        self.path = path
        self.size = 0
        self.hash = hashlib.sha256()
        self.touched = time.monotonic()


class Store:
    def __init__(self, folder, most=MOST_BYTES):
        self.folder = folder
        self.most = most
        # Sizes by hash, the least recently used first.
        self.blobs = OrderedDict()
        self.total = 0
        self.pinned = {}
        self.uploads = {}
        self.lock = threading.RLock()
        os.mkdir(folder, 0o700)

    def path(self, digest):
        return os.path.join(self.folder, digest)

    def missing(self, digests):
        with self.lock:
            for digest in digests:
                if digest in self.blobs:
                    self.blobs.move_to_end(digest)
            return [digest for digest in digests if digest not in self.blobs]

    def put(self, digest, size, offset, data):
        # Appends a piece. Returns how many bytes are there now: whoever sends goes on from there, also where another
        # sender has come first. -1: the content has another hash, and all of it is forgotten.
        with self.lock:
            if digest in self.blobs:
                return size
            upload = self.uploads.get(digest)
            if upload is None:
                if offset > 0:
                    return 0
                self.make_room(size)
                upload = self.uploads[digest] = Upload(self.path(digest + ".part"))
                number = os.open(upload.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
                os.close(number)
            upload.touched = time.monotonic()
            if offset != upload.size:
                return upload.size
            fits = upload.size + len(data) <= size
            if fits and data:
                self.append(upload, data)
                if upload.size < size:
                    return upload.size
            del self.uploads[digest]
            if not fits or upload.size != size or upload.hash.hexdigest() != digest:
                os.unlink(upload.path)
                return -1
            os.rename(upload.path, self.path(digest))
            self.blobs[digest] = size
            self.total += size
            return size

    def append(self, upload, data):
        try:
            with open(upload.path, "r+b") as file:
                file.seek(upload.size)
                file.write(data)
        except OSError as error:
            raise Full("a file could not be written: %s" % os.strerror(error.errno or 0)) from error
        upload.hash.update(data)
        upload.size += len(data)

    def make_room(self, size):
        with self.lock:
            most = self.most - size - sum(each.size for each in self.uploads.values())
            if self.total > most or len(self.blobs) >= MOST_BLOBS:
                self.drop(most)
            if self.total > most:
                raise Full("the files of running jobs fill the %d MiB that are kept" % (self.most >> 20))
            if shutil.disk_usage(self.folder).free < size + FREE_BYTES:
                raise Full("the disk is full")

    def drop(self, most):
        for digest in list(self.blobs):
            if self.total <= most and len(self.blobs) < MOST_BLOBS:
                return
            if digest not in self.pinned:
                self.total -= self.blobs.pop(digest)
                os.unlink(self.path(digest))

    def read(self, digest, offset, most):
        # None if it is not here (any more).
        with self.lock:
            if digest not in self.blobs:
                return None
            with open(self.path(digest), "rb") as file:
                file.seek(offset)
                return file.read(most)

    def pin(self, sizes):
        # Keeps these blobs (sizes by hash) until they are released; or says which are not here, and keeps none.
        with self.lock:
            missing = self.missing(sizes)
            if any(self.blobs.get(digest, size) != size for digest, size in sizes.items()):
                raise ValueError("a file has another size than the content with its hash")
            if not missing:
                for digest in sizes:
                    self.pinned[digest] = self.pinned.get(digest, 0) + 1
            return missing

    def release(self, sizes):
        with self.lock:
            for digest in sizes:
                self.pinned[digest] -= 1
                if self.pinned[digest] == 0:
                    del self.pinned[digest]

    def lay_out(self, files, folder):
        # Copies, because jobs may change their files.
        made = {folder}
        for name, (digest, size, executable) in files.items():
            path = os.path.join(folder, name)
            parent = os.path.dirname(path)
            if parent not in made:
                os.makedirs(parent, 0o700, exist_ok=True)
                made.add(parent)
            if shutil.disk_usage(folder).free < size + FREE_BYTES:
                raise Full("the disk is full")
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o700 if executable else 0o600)
            with open(number, "wb") as target:
                if size > 0:
                    with open(self.path(digest), "rb") as source:
                        shutil.copyfileobj(source, target, COPY_BYTES)

    def tidy(self):
        with self.lock:
            for digest, upload in list(self.uploads.items()):
                if time.monotonic() - upload.touched > STALE_SECONDS:
                    del self.uploads[digest]
                    os.unlink(upload.path)
