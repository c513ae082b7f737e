# What a request for a job may hold. It comes from whoever has a certificate of the cluster, perhaps by another program
# than ours: every value is checked for its type and its size before anything is done with it. No error quotes a value,
# since arguments and variables may be secrets and errors are logged.

import hashlib
import re

MEBI = 1 << 20

MOST_FILES = 10_000
MOST_FILE_BYTES = 1024 * MEBI
MOST_JOB_BYTES = 2048 * MEBI
MOST_PIECE_BYTES = 4 * MEBI
MOST_PATH = 1024
# Of all names of a job's files.
MOST_PATHS = 2 * MEBI
# Linux takes no longer argument or variable, with its NUL.
MOST_TEXT = 131_071
MOST_TEXTS = MEBI
MOST_GRACE = 600
MOST_WAIT = 60

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
HASH = re.compile(r"[0-9a-f]{64}")
MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
EMPTY = hashlib.sha256().hexdigest()
PLACES = "scheduler", "worker"


def whole(value, what, least, most):
    if type(value) is not int:
        raise TypeError("%s must be a whole number" % what)
    if not least <= value <= most:
        raise ValueError("%s must be from %d to %d" % (what, least, most))
    return value


def seconds(value, what, most):
    if type(value) not in (int, float):
        raise TypeError("%s must be a number of seconds" % what)
    # Not a number is not in between.
    if not 0 <= value <= most:
        raise ValueError("%s must be from 0 to %d seconds" % (what, most))
    return value


def text(value, what, most=MOST_TEXT):
    if type(value) is not str:
        raise TypeError("%s must be a text" % what)
    if "\0" in value:
        raise ValueError("%s holds a NUL character" % what)
    if len(encoded(value, what)) > most:
        raise ValueError("%s is longer than %d bytes" % (what, most))
    return value


def encoded(value, what):
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise ValueError("%s is not valid Unicode" % what) from None


def listing(value, what, most):
    if type(value) not in (list, tuple):
        raise TypeError("%s must be a list" % what)
    if len(value) > most:
        raise ValueError("%s must have at most %d entries" % (what, most))
    return value


def mapping(value, what, most):
    if type(value) is not dict:
        raise TypeError("%s must be a mapping" % what)
    if len(value) > most:
        raise ValueError("%s must have at most %d entries" % (what, most))
    return value


def matching(pattern, value, what):
    if type(value) is not str or pattern.fullmatch(value) is None:
        raise ValueError("%s is not valid" % what)
    return value


def path(value):
    # Below the job's folder, written in one way only.
    text(value, "a file's path", MOST_PATH)
    parts = value.split("/")
    if any(part in ("", ".", "..") or len(encoded(part, "a file's path")) > 255 for part in parts):
        raise ValueError("a file's path must be relative, without '.', '..' and empty parts, of at most 255 bytes each")
    return value


def files(value):
    # [path, hash, bytes, executable] each.
    found = {}
    for entry in listing(value, "files", MOST_FILES):
        if len(listing(entry, "a file", 4)) != 4:
            raise ValueError("a file must have a path, a hash, a size and a mode")
        name, digest, size, executable = entry
        if type(executable) is not bool:
            raise TypeError("whether a file is executable must be true or false")
        whole(size, "a file's size", 0, MOST_FILE_BYTES)
        if size == 0 and digest != EMPTY:
            raise ValueError("an empty file has another SHA-256")
        if path(name) in found:
            raise ValueError("two files have the same path")
        found[name] = (matching(HASH, digest, "a file's SHA-256"), size, executable)
    for name in found:
        parts = name.split("/")
        if any("/".join(parts[:count]) in found for count in range(1, len(parts))):
            raise ValueError("a file's path leads through another file")
    if sum(len(name) for name in found) > MOST_PATHS:
        raise ValueError("the files' paths are longer than %d bytes together" % MOST_PATHS)
    if sum(size for _, size, _ in found.values()) > MOST_JOB_BYTES:
        raise ValueError("the files are larger than %d MiB together" % (MOST_JOB_BYTES // MEBI))
    return found


def job(value):
    # The checked job; what is not known is refused.
    known = dict(mapping(value, "job", 20))
    place = known.pop("on", "scheduler")
    if place not in PLACES:
        raise ValueError("on must be scheduler or worker")
    module = known.pop("module", None)
    script = known.pop("script", None)
    if (module is None) == (script is None):
        raise ValueError("a job has either a script or a module")
    checked = {
        "on": place,
        "script": None if script is None else path(script),
        "module": None if module is None else matching(MODULE, text(module, "module", MOST_PATH), "module"),
        "args": [text(each, "an argument") for each in listing(known.pop("args", ()), "args", 10_000)],
        "env": environment(known.pop("env", {})),
        "files": files(known.pop("files", ())),
        "resources": resources(known.pop("resources", {})),
    }
    if known:
        raise ValueError("a job has no such properties: %d are unknown" % len(known))
    if script is not None and script not in checked["files"]:
        raise ValueError("the script is not among the files")
    texts = [*checked["args"], *checked["env"], *checked["env"].values()]
    if sum(len(each.encode()) + 1 for each in texts) > MOST_TEXTS:
        raise ValueError("arguments and environment are longer than %d bytes together" % MOST_TEXTS)
    return checked


def environment(value):
    for name, content in mapping(value, "env", 10_000).items():
        if text(name, "a variable's name", 255) == "" or "=" in name:
            raise ValueError("a variable's name is empty or holds '='")
        text(content, "a variable", MOST_TEXT - len(name.encode()) - 1)
    return dict(value)


def resources(value):
    for name, amount in mapping(value, "resources", 100).items():
        text(name, "a resource's name", 255)
        if type(amount) not in (int, float) or not 0 <= amount < float("inf"):
            raise ValueError("a resource's amount must be a number, not below 0")
    return dict(value)
