import os
import time


class Odd(Exception):
    def __reduce__(self):
        raise RuntimeError("it does not travel")


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def echo(value):
    return value


def kind(value):
    return type(value).__name__


def odd():
    raise Odd("odd")


def unprintable():
    raise Unprintable()


def chained():
    try:
        {}["key"]
    except KeyError as error:
        raise ValueError("outer") from error


async def slow(seconds):
    import asyncio

    await asyncio.sleep(seconds)
    return seconds


def scaled(value, factor=1):
    return value * factor


def fails_for(value, bad=()):
    if value in bad:
        raise ValueError(f"bad {value}")
    return value


def counted(folder):
    # How often it was called, over all processes.
    path = os.path.join(folder, f"{time.time_ns()}-{os.getpid()}")
    open(path, "w").close()
    return len(os.listdir(folder))


def fails_at_first(folder):
    if counted(folder) < 3:
        raise ValueError("not yet")
    return "at last"


def dies_at_first(folder):
    if counted(folder) == 1:
        os._exit(1)
    return "survived"


def dies(value):
    os._exit(1)


def held(folder):
    # Until the test lets it go.
    counted(folder)
    while not os.path.exists(folder + ".go"):
        time.sleep(0.01)
    return "done"


def returns(what):
    import datetime
    import decimal

    return {
        "set": {1},
        "naive": datetime.datetime(2026, 1, 1),
        "decimal": decimal.Decimal("1.5"),
        "keys": {(1, 2): 3},
        "surrogate": "\ud800",
        "generator": (each for each in "abc"),
        "self": echo,
    }[what]
