# Opens a scheduler's dashboard to those who hold a certificate of the cluster: a preload for any Dask since 2022.12.
#
# The dashboard itself listens on loopback, in clear text. This gate listens where the scheduler does, asks every peer
# for a certificate exactly as the scheduler does (same files, same CA, same TLS versions), and carries bytes to and
# fro, WebSockets included. Whoever has no certificate never reaches the dashboard.
#
# Environment:
# DASK_FLEET_GATE_HOST, DASK_FLEET_GATE_PORT  where to listen
# DASK_FLEET_DASHBOARD_HOST  where the dashboard is (127.0.0.1)
# DASK_FLEET_GATE_PLAIN=1  on a cluster without TLS, to listen without TLS rather than not at all

import asyncio
import logging
import os
import socket
import ssl

logger = logging.getLogger("distributed.dask_fleet_gate")

MAX_CONNECTIONS = 256
HANDSHAKE_SECONDS = 10
CHUNK_BYTES = 65536

_gates = {}


async def dask_setup(scheduler):
    # Called by Dask when the scheduler has started. Dask logs what it raises and goes on without it.
    context = scheduler.security.get_listen_args("scheduler")["ssl_context"]
    if context is None and os.environ.get("DASK_FLEET_GATE_PLAIN") != "1":
        logger.warning("no TLS: the dashboard's gate stays shut")
        return
    if context is not None and context.verify_mode != ssl.CERT_REQUIRED:
        raise RuntimeError("the scheduler's TLS does not ask for certificates: the dashboard's gate stays shut")
    dashboard = scheduler.services.get("dashboard")
    if dashboard is None:
        logger.info("the scheduler has no dashboard, so it has no gate")
        return
    gate = Gate(context, (os.environ.get("DASK_FLEET_DASHBOARD_HOST") or "127.0.0.1", dashboard.port))
    gate.open(os.environ.get("DASK_FLEET_GATE_HOST") or "0.0.0.0", int(os.environ["DASK_FLEET_GATE_PORT"]))
    _gates[id(scheduler)] = gate
    logger.info("dashboard's gate at %s:%d", *gate.address)


async def dask_teardown(scheduler):
    # Called by Dask when the scheduler begins to close.
    gate = _gates.pop(id(scheduler), None)
    if gate is not None:
        await gate.close()


class Gate:
    # Carries connections to the dashboard; `context` is None for a gate without TLS.

    def __init__(self, context, dashboard):
        self._context = context
        self._dashboard = dashboard
        self._listener = None
        self._tasks = set()

    @property
    def address(self):
        return self._listener.getsockname()[:2]

    def open(self, host, port):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                # On "::" for both kinds of addresses, whatever the system's default is.
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
            listener.bind((host, port))
            listener.listen(1024)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
        self._listener = listener
        self._start(self._accept())

    async def close(self):
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    def _start(self, coroutine):
        task = asyncio.ensure_future(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self):
        loop = asyncio.get_running_loop()
        while True:
            try:
                peer, _ = await loop.sock_accept(self._listener)
            except OSError as error:
                # Out of file descriptors, or a peer that left at once.
                logger.warning("gate: cannot accept: %s", error)
                await asyncio.sleep(1)
                continue
            # One of the tasks is this one. Peers that have not shown a certificate yet count as well.
            if len(self._tasks) > MAX_CONNECTIONS:
                peer.close()
                continue
            self._start(self._serve(peer))

    async def _serve(self, peer):
        writers = []
        try:
            reader, writer = await self._handshake(peer)
            writers.append(writer)
            connecting = asyncio.open_connection(*self._dashboard)
            inner_reader, inner_writer = await asyncio.wait_for(connecting, HANDSHAKE_SECONDS)
            writers.append(inner_writer)
            upward = asyncio.ensure_future(_carry(reader, inner_writer))
            try:
                # The dashboard has the last word: what it still sends after its peer has finished must arrive.
                await _carry(inner_reader, writer)
            finally:
                upward.cancel()
                await asyncio.gather(upward, return_exceptions=True)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            # ssl.SSLError is an OSError.
            logger.debug("gate: connection ended: %r", error)
        finally:
            await _close(writers)

    async def _handshake(self, peer):
        loop = asyncio.get_running_loop()
        try:
            _tune(peer)
        except OSError:
            peer.close()
            raise
        reader = asyncio.StreamReader(limit=CHUNK_BYTES)
        protocol = asyncio.StreamReaderProtocol(reader)
        timeout = {} if self._context is None else {"ssl_handshake_timeout": HANDSHAKE_SECONDS}
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, peer, ssl=self._context, **timeout)
        return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


def _tune(peer):
    peer.setblocking(False)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A peer that vanished must not hold its place for ever.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)


async def _carry(reader, writer):
    # Until one side ends. drain() waits for a slow side, so at most a few chunks are in memory.
    try:
        while True:
            data = await reader.read(CHUNK_BYTES)
            if not data:
                break
            writer.write(data)
            await writer.drain()
    finally:
        # asyncio's TLS has no half-close; plain TCP, towards the dashboard, has.
        if writer.can_write_eof():
            writer.write_eof()


async def _close(writers):
    for writer in writers:
        writer.close()
    for writer in writers:
        try:
            await asyncio.wait_for(writer.wait_closed(), HANDSHAKE_SECONDS)
        except (OSError, EOFError, asyncio.TimeoutError):
            writer.transport.abort()
