# What is told of an exception of the user's code: text only, so that no class of theirs has to be known elsewhere.

import os
import traceback

# Where tracebacks place the modules of this package.
HERE = __package__ + "."
LONGEST_MESSAGE = 10_000
LONGEST_TRACEBACK = 60_000


def full_name(kind):
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


class Refusal(Exception):
    # An error of ours, whose message says all.
    pass


def describe(error):
    if isinstance(error, Refusal):
        return {"type": type(error).__name__, "message": str(error), "traceback": ""}
    return {"type": full_name(type(error)), "message": message(error), "traceback": told(error)}


def message(error):
    if isinstance(error, SystemExit):
        return f"The function called sys.exit({error.code!r})"
    if isinstance(error, KeyError) and len(error.args) == 1:
        return shortened(f"key {error.args[0]!r} is missing", LONGEST_MESSAGE)
    try:
        return shortened(str(error), LONGEST_MESSAGE)
    except Exception as trouble:
        return f"(its text failed with {type(trouble).__name__})"


def told(error):
    # From the user's first frame on.
    frames = error.__traceback__
    while frames is not None and is_ours(frames):
        frames = frames.tb_next
    try:
        lines = traceback.format_exception(type(error), error, frames)
        return shortened("".join(lines), LONGEST_TRACEBACK)
    except Exception:
        return shortened("".join(traceback.format_tb(frames)), LONGEST_TRACEBACK)


def is_ours(frame):
    name = frame.tb_frame.f_code.co_filename
    return name.startswith((HERE, "<frozen importlib")) or os.sep + "importlib" + os.sep in name


def shortened(text, longest):
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} characters …\n{text[-half:]}"
