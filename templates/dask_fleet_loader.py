# Loads dask-fleet's agent into a scheduler or a worker: a preload for any Dask since 2022.12.
#
# User data has no room for the agent. The launcher sends it over the scheduler's own port (`fleet_agent`), and workers
# fetch it from their scheduler before they register. Whoever may call that operation may run code here in any case. The
# first agent wins. Its modules live in memory only.
#
# A bundle is deflated JSON: `files` are Python texts by module name, `settings` are the launcher's.

import asyncio
import hashlib
import importlib
import json
import logging
import sys
import zlib
from importlib import abc, machinery

import dask
from distributed.preloading import process_preloads

logger = logging.getLogger("distributed.dask_fleet")

OURS = "dask_fleet_"
PACKAGE = OURS + "agent"
# A launcher that lives has sent the agent by then.
PATIENCE = 5
LONGEST_WAIT = 30


class Loader(abc.MetaPathFinder, abc.ExecutionLoader):
    # The package's modules, from a bundle.

    def __init__(self, server):
        self.server = server
        self.there = asyncio.Event()
        self.bundle = self.agent = None
        self.failed = {}
        self.configured = ()

    async def load(self, bundle):
        # A second launcher, or a repeated request, finds the first one's agent.
        if self.agent is None:
            parsed = json.loads(zlib.decompress(bundle))
            self.files = parsed["files"]
            sys.meta_path.insert(0, self)
            core = importlib.import_module(PACKAGE + ".core")
            self.bundle = bundle
            self.agent = core.Agent(self.server, parsed["settings"])
            self.failed = await self.agent.start(self.files)
            self.there.set()
            logger.info("agent loaded: %s", ", ".join(sorted(self.files)))
        await asyncio.wait_for(self.there.wait(), LONGEST_WAIT)

    def find_spec(self, name, path=None, target=None):
        if name == PACKAGE or name.startswith(PACKAGE + ".") and name[len(PACKAGE) + 1 :] in self.files:
            return machinery.ModuleSpec(name, self, origin=name, is_package=name == PACKAGE)

    def is_package(self, name):
        return name == PACKAGE

    def get_filename(self, name):
        # For tracebacks.
        return name

    def get_source(self, name):
        return self.files.get(name[len(PACKAGE) + 1 :], "")

    async def fleet_agent(self, bundle=None):
        # What is loaded, after loading it if nothing was.
        if bundle is not None:
            await self.load(bundle)
        digest = self.bundle and hashlib.sha256(self.bundle).hexdigest()
        return {"digest": digest, "failed": self.failed}

    async def fleet_bundle(self, wait=0):
        try:
            await asyncio.wait_for(self.there.wait(), max(0, min(wait, LONGEST_WAIT)))
        except asyncio.TimeoutError:
            return {"bundle": None}
        return {"bundle": self.bundle}

    async def fetch(self, wait):
        # Whether it is known now if there is an agent. A scheduler without this file answers None.
        scheduler = self.server.scheduler
        answer = await asyncio.wait_for(scheduler.fleet_bundle(wait=wait), wait + PATIENCE)
        if answer and answer["bundle"]:
            await self.load(answer["bundle"])
        return answer is None or self.agent

    async def keep_fetching(self):
        pause = 1
        while self.server.status.name not in ("closing", "closed"):
            try:
                if await self.fetch(LONGEST_WAIT):
                    return
                pause = 1
            except Exception as error:
                logger.debug("agent not fetched: %r", error)
                pause = min(60, 2 * pause)
            await asyncio.sleep(pause)


async def dask_setup(server):
    # Called by Dask before a worker registers, and before a scheduler answers.
    server.fleet_loader = loader = Loader(server)
    role = "worker" if hasattr(server, "nanny") else "scheduler"
    preload, argv = (dask.config.get(f"distributed.{role}.{name}") for name in ("preload", "preload-argv"))
    if all(OURS in each.name for each in server.preloads) and OURS not in str(preload):
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
        return
    known = False
    try:
        known = await loader.fetch(PATIENCE)
    except Exception as error:
        logger.warning("no agent yet: %r", error)
    if not known:
        loader.fetching = asyncio.ensure_future(loader.keep_fetching())


async def dask_teardown(server):
    # Called by Dask when the server begins to close.
    loader = server.fleet_loader
    for each in loader.configured:
        await each.teardown()
    if loader.agent is not None:
        await loader.agent.end()
