# Loads dask-fleet's agent into a scheduler or a worker: a preload for any Dask since 2022.12.
#
# User data has no room for the agent. The launcher sends it over the scheduler's own port (`fleet_agent`), and workers
# fetch it from their scheduler before they register. Whoever may call that operation may run code here in any case. The
# first agent wins. A bundle is deflated JSON: Python texts by module name (`files`) and the launcher's
# `settings`. The module `boot` makes a package of the texts (templates/agent/boot.py).

import asyncio
import json
import logging
import zlib

import dask
from distributed.preloading import process_preloads

logger = logging.getLogger("distributed.dask_fleet")

# A launcher that lives has sent the agent by then.
PATIENCE = 3
WAIT = 30


class Loader:
    agent = bundle = None
    configured = ()

    def __init__(self, server):
        self.server = server
        self.there = asyncio.Event()

    async def load(self, bundle):
        # A second launcher, or a repeated request, finds the first one's agent.
        if not self.bundle:
            parsed = json.loads(zlib.decompress(bundle))
            scope = {}
            exec(parsed["files"]["boot"], scope)
            self.bundle = bundle
            self.agent = await scope["boot"](self.server, parsed)
            self.there.set()
        await asyncio.wait_for(self.there.wait(), WAIT)

    async def fleet_agent(self, bundle=None):
        # What is loaded, after loading it if nothing was.
        if bundle is not None:
            await self.load(bundle)
        return {"failed": self.agent.failed if self.agent else {}}

    async def fleet_bundle(self, wait=0):
        try:
            await asyncio.wait_for(self.there.wait(), max(0, min(wait, WAIT)))
        except asyncio.TimeoutError:
            pass
        return {"bundle": self.bundle if self.agent else None}

    async def fetch(self):
        # A scheduler without this file answers None.
        wait = PATIENCE
        while self.server.status.name not in ("closing", "closed"):
            try:
                answer = await asyncio.wait_for(self.server.scheduler.fleet_bundle(wait=wait), wait + PATIENCE)
                if answer is None:
                    return
                if answer["bundle"]:
                    return await self.load(answer["bundle"])
            except Exception as error:
                logger.warning("agent not fetched: %r", error)
                await asyncio.sleep(wait)
            wait = WAIT


async def dask_setup(server):
    # Called by Dask before a worker registers, and before a scheduler answers.
    server.fleet_loader = loader = Loader(server)
    role = "worker" if hasattr(server, "nanny") else "scheduler"
    preload, argv = (dask.config.get(f"distributed.{role}.preload{name}") for name in ("", "-argv"))
    if all("dask_fleet_" in each.name for each in server.preloads) and "dask_fleet_" not in str(preload):
        # Ours stand on the command line, which makes Dask ignore the configured ones.
        place = getattr(server, "local_directory", None)
        loader.configured = process_preloads(server, preload, argv, file_dir=place)
        for each in loader.configured:
            try:
                await each.start()
            except Exception:
                logger.exception("Failed to start preload")
    if role == "scheduler":
        server.handlers.update(fleet_agent=loader.fleet_agent, fleet_bundle=loader.fleet_bundle)
    else:
        loader.fetching = asyncio.ensure_future(loader.fetch())
        await asyncio.wait([loader.fetching], timeout=PATIENCE)


async def dask_teardown(server):
    # Called by Dask when the server begins to close.
    loader = server.fleet_loader
    for each in loader.configured:
        await each.teardown()
    if loader.agent:
        await loader.agent.end()
