"""Fits a line to 200,000 noisy points that lie on the cluster's workers, by data-parallel gradient descent.

`Client()` takes no arguments: dask-fleet's `run()` tells it where the scheduler is and which certificates to use.
"""

import random
import time

from distributed import Client, wait

PARTITIONS, POINTS, STEPS = 8, 25_000, 12
SLOPE, INTERCEPT = 3.0, -1.0


def make_points(seed):
    rng = random.Random(seed)
    xs = [rng.uniform(-1, 1) for _ in range(POINTS)]
    return [(x, SLOPE * x + INTERCEPT + rng.gauss(0, 0.1)) for x in xs]


def gradient(points, slope, intercept):
    errors = [(slope * x + intercept - y, x) for x, y in points]
    return sum(e * x for e, x in errors) / len(errors), sum(e for e, _ in errors) / len(errors)


if __name__ == "__main__":
    began = time.perf_counter()
    with Client() as client:
        workers = len(client.scheduler_info()["workers"])
        partitions = client.map(make_points, range(PARTITIONS))
        wait(partitions)
        slope = intercept = 0.0
        for _ in range(STEPS):
            futures = client.map(gradient, partitions, slope=slope, intercept=intercept)
            gradients = client.gather(futures)
            slope -= 2.0 * sum(g[0] for g in gradients) / PARTITIONS
            intercept -= 0.9 * sum(g[1] for g in gradients) / PARTITIONS
    seconds = time.perf_counter() - began
    print(f"Fitted y = {slope:.3f} x {intercept:+.3f} to {PARTITIONS * POINTS:,} points on {workers} workers in {seconds:.1f} s")
    print(f"The points were made around y = {SLOPE:.3f} x {INTERCEPT:+.3f}")
    if abs(slope - SLOPE) > 0.02 or abs(intercept - INTERCEPT) > 0.02:
        raise SystemExit("The fit is not where it should be.")
