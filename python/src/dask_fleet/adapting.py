"""What ``cluster.adapt()`` returns, and takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dask.utils import parse_timedelta

#: The fewest and the most workers; ``None``: the group's own bound.
Bounds = tuple["int | None", "int | None"]


class Adapting:
    """A cluster that follows what its tasks ask for; the launcher does it."""

    def __init__(self, bounds: Bounds, stop: Callable[[], None], groups: Mapping[str, Bounds] | None = None) -> None:
        #: The fewest and the most workers, each ``None`` where the groups' own bounds count.
        self.minimum, self.maximum = bounds
        #: The bounds of each worker group that was named.
        self.groups: dict[str, Bounds] = dict(groups or {})
        #: Dask's own objects have one while they adapt; their ``repr`` asks for it.
        self.periodic_callback: object | None = self
        self._stop = stop

    def stop(self) -> None:
        """Stays at the present number of workers."""
        if self.periodic_callback is not None:
            self.periodic_callback = None
            self._stop()

    def __repr__(self) -> str:
        if self.groups:
            return f"Adapting(groups={self.groups})"
        if self.maximum is None:
            return "Adapting()"
        return f"Adapting(minimum={self.minimum}, maximum={self.maximum})"


def adapt_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Dask's keyword arguments of ``adapt()``, and ours, as the protocol's."""
    rest = {name: value for name, value in given.items() if value is not None}
    params: dict[str, Any] = {}
    groups = rest.pop("groups", None)
    if groups is not None:
        if "minimum" in rest or "maximum" in rest:
            raise TypeError("adapt() takes either groups=, or minimum= and maximum=.")
        params["groups"] = {name: _bounds_of(name, each) for name, each in groups.items()}
    for name in ("minimum", "maximum"):
        if name in rest:
            params[name] = _whole(name, rest.pop(name))
    if "minimum" in params and "maximum" not in params:
        raise TypeError("adapt() needs maximum= beside minimum=: machines cost money.")
    if "wait_count" in rest:
        params["wait_count"] = int(rest.pop("wait_count"))
    for name in ("interval", "target_duration"):
        if name in rest:
            params[f"{name}_ms"] = round(parse_timedelta(rest.pop(name)) * 1000)
    if rest:
        raise TypeError(f"adapt() does not take {', '.join(sorted(rest))}; use minimum= and maximum=, in workers.")
    return params


def _bounds_of(group: str, bounds: Any) -> dict[str, int]:
    """``(0, 8)``, ``{"maximum": 8}``, or ``None`` for the group's own."""
    if bounds is None:
        return {}
    if isinstance(bounds, Mapping):
        if unknown := sorted(set(bounds) - {"minimum", "maximum"}):
            raise TypeError(f"adapt(): bounds of {group} are minimum and maximum, not {', '.join(map(str, unknown))}.")
        return {name: _whole(f"{group}: {name}", value) for name, value in bounds.items() if value is not None}
    try:
        minimum, maximum = bounds
    except (TypeError, ValueError):
        raise TypeError(f"adapt(): bounds of {group} are (minimum, maximum), not {bounds!r}.") from None
    return {"minimum": _whole(group, minimum), "maximum": _whole(group, maximum)}


def _whole(what: str, value: Any) -> int:
    if value == float("inf"):
        raise TypeError(f"adapt() needs a number as {what}, not infinity: machines cost money.")
    return whole_number(f"adapt(): {what}", value)


def whole_number(what: str, value: Any) -> int:
    """A number of workers, as an ``int``."""
    if isinstance(value, bool) or value != int(value) or value < 0:
        raise ValueError(f"{what} takes a whole number of workers, not {value!r}.")
    return int(value)
