"""What ``cluster.adapt()`` returns, and takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dask.utils import parse_timedelta


class Adapting:
    """A cluster that follows Dask's adaptive target; the launcher does it."""

    def __init__(self, minimum: int, maximum: int, stop: Callable[[], None]) -> None:
        #: The fewest workers.
        self.minimum = minimum
        #: The most workers.
        self.maximum = maximum
        #: Dask's own objects have one while they adapt; their ``repr`` asks for it.
        self.periodic_callback: object | None = self
        self._stop = stop

    def stop(self) -> None:
        """Stays at the present number of workers."""
        if self.periodic_callback is not None:
            self.periodic_callback = None
            self._stop()

    def __repr__(self) -> str:
        return f"Adapting(minimum={self.minimum}, maximum={self.maximum})"


def adapt_parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    """Dask's keyword arguments of ``adapt()`` as the protocol's."""
    rest = {name: value for name, value in given.items() if value is not None}
    minimum, maximum = rest.pop("minimum", 0), rest.pop("maximum", None)
    if maximum is None or maximum == float("inf"):
        raise TypeError("adapt() needs maximum=: machines cost money.")
    params: dict[str, Any] = {"minimum": int(minimum), "maximum": int(maximum)}
    if "wait_count" in rest:
        params["wait_count"] = int(rest.pop("wait_count"))
    for name in ("interval", "target_duration"):
        if name in rest:
            params[f"{name}_ms"] = round(parse_timedelta(rest.pop(name)) * 1000)
    if rest:
        raise TypeError(f"adapt() does not take {', '.join(sorted(rest))}; use minimum= and maximum=, in workers.")
    return params
