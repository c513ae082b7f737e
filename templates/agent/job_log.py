# A job's output on disk: a ring of files, each named by the number of bytes before it. What was dropped is a gap
# between them. One process writes, others read. The runner (job_runner.py) loads this file alone: standard library
# only.

import os

SEGMENTS = 16
MOST_SEGMENTS = 64


class LogWriter:
    def __init__(self, folder, most):
        self.folder = folder
        self.segment = max(most // SEGMENTS, 1024)
        self.most = most
        # Bytes so far, those that were dropped included.
        self.end = 0
        self.began = 0
        self.file = None
        self.kept = []

    def write(self, data):
        left = memoryview(data)
        try:
            while left:
                if self.file is None or self.end - self.began >= self.segment:
                    self.open()
                written = self.file.write(left[: self.segment - (self.end - self.began)])
                self.end += written
                left = left[written:]
        except OSError:
            # The disk is full. The job must not stop for that: these bytes are dropped, and so are the oldest.
            self.close()
            self.drop(self.most // 2, MOST_SEGMENTS)
            self.end += len(left)

    def skip_to(self, end):
        # What was never seen is a gap.
        if end > self.end:
            self.close()
            self.end = end

    def open(self):
        self.close()
        self.drop(self.most - self.segment, MOST_SEGMENTS - 1)
        path = os.path.join(self.folder, "%020d" % self.end)
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self.file = open(number, "wb", buffering=0)
        self.began = self.end
        self.kept.append(self.end)

    def drop(self, most, segments):
        while self.kept and (self.end - self.kept[0] > most or len(self.kept) > segments):
            try:
                os.unlink(os.path.join(self.folder, "%020d" % self.kept.pop(0)))
            except OSError:
                pass

    def close(self):
        file, self.file = self.file, None
        if file is not None:
            file.close()


def read(folder, offset, most):
    # Where the bytes begin, and the bytes. They begin later than asked for where some were dropped.
    starts = sorted(int(name) for name in os.listdir(folder))
    for start, following in zip(starts, starts[1:] + [None]):
        if following is not None and following <= offset:
            continue
        try:
            with open(os.path.join(folder, "%020d" % start), "rb") as file:
                file.seek(max(0, offset - start))
                data = file.read(most)
        except FileNotFoundError:
            # Dropped in this moment.
            continue
        if data:
            return max(start, offset), data
    return offset, b""
