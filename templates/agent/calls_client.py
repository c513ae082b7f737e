# Dask's own client, in the scheduler's process: it submits the tasks of calls. Made on the first call, as Dask answers
# nobody while it starts.

import asyncio
import logging

from distributed import Client

logger = logging.getLogger("distributed.dask_fleet")

START_SECONDS = 30
SEND_SECONDS = 0.001
# The scheduler ends, whether it still answers or not.
END_SECONDS = 0.1


class OwnClient:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.client = None
        self.lock = asyncio.Lock()
        self.address = None

    async def get(self):
        async with self.lock:
            # A client that lost its connection makes a new one by itself.
            if self.client is None or self.client.status not in ("running", "connecting"):
                self.client = await self.connect()
            return self.client

    async def connect(self):
        if self.address is None:
            self.address = await self.inner_address()
        try:
            return await self.make(self.address)
        except Exception as error:
            if self.address == self.scheduler.address:
                raise
            logger.warning("calls: no client within the process (%r); it uses the network", error)
            self.address = self.scheduler.address
            return await self.make(self.address)

    async def inner_address(self):
        # Without a socket and without TLS, as it stays in the process.
        try:
            before = len(self.scheduler.listeners)
            await self.scheduler.listen("inproc://")
            return self.scheduler.listeners[before].contact_address
        except Exception:
            return self.scheduler.address

    async def make(self, address):
        client = await Client(
            address,
            asynchronous=True,
            set_as_default=False,
            name="dask-fleet-calls",
            security=self.scheduler.security,
            timeout=START_SECONDS,
        )
        # Messages wait up to 10 ms for others, which a call would feel. Ours come in batches already.
        if hasattr(client.scheduler_comm, "interval"):
            client.scheduler_comm.interval = SEND_SECONDS
        return client

    async def close(self):
        client, self.client = self.client, None
        if client is not None:
            try:
                await asyncio.wait_for(client.close(timeout=END_SECONDS), 2 * END_SECONDS)
            except Exception:
                logger.debug("calls: the client did not close", exc_info=True)
