"""Groups of workers, by the names of their workers."""

from __future__ import annotations

from collections.abc import Iterable


def by_group(cluster: str, groups: Iterable[str], workers: Iterable[str]) -> dict[str, list[str]]:
    """The workers of each group. A worker's name is its cluster's, its group's, and what tells it from the others."""
    found: dict[str, list[str]] = {group: [] for group in groups}
    # `gpu-big` before `gpu`.
    longest = sorted(found, key=len, reverse=True)
    for worker in workers:
        group = next((each for each in longest if str(worker).startswith(f"{cluster}-{each}-")), None)
        if group is not None:
            found[group].append(worker)
    return found
