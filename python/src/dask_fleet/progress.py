"""What a cluster does, in lines for people."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

#: Seconds between two lines about machines.
INTERVAL = 5.0
#: Changes of machines that are worth a line of their own, because something is not as it was asked for.
BAD = ("lost",)


class Progress:
    """Tells phases, counts of machines, and every warning and trouble, once."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._counts: Counter[str] = Counter()
        self._said_at = 0.0

    def take(self, event: Mapping[str, Any]) -> None:
        """An event of the protocol. One that this version does not know is passed over."""
        kind = event.get("type")
        if kind == "phase-started":
            self._say(f"{event.get('phase')} …")
        elif kind == "machine":
            self._machine(event)
        elif kind == "trouble" and event.get("change") != "lasts":
            self._say(f"trouble {event.get('change')}: {event.get('message')}")
        elif kind in ("warning", "ends", "notice"):
            self._say(str(event.get("message")))
        elif kind == "state" and event.get("closed_because"):
            self._say(f"closed by itself: {event['closed_because']}")

    def _machine(self, event: Mapping[str, Any]) -> None:
        change = str(event.get("change"))
        self._counts[change] += 1
        if change in BAD:
            reason = event.get("reason")
            self._say(f"machine {event.get('id')} {change}{f': {reason}' if reason else ''}")
        elif time.monotonic() - self._said_at > INTERVAL:
            self._said_at = time.monotonic()
            self._say("machines: " + ", ".join(f"{count} {name}" for name, count in self._counts.items()))
