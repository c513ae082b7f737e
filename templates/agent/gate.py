# Opens the dashboard's gate on a scheduler whose user data had no room for it (node-scheduler.sh).

import os

from . import dask_fleet_gate


async def on_scheduler(scheduler, agent):
    if os.environ.get("DASK_FLEET_GATE_LATE") == "1":
        await dask_fleet_gate.dask_setup(scheduler)
        agent.at_end(lambda: dask_fleet_gate.dask_teardown(scheduler))
