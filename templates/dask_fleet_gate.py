# Opens a scheduler's dashboard to those who hold a certificate of the cluster, and sees that those who hold none shut
# neither it nor the scheduler: a preload for any Dask since 2022.12.
#
# The dashboard itself listens on loopback, in clear text. This gate is a second listener of the same pages, WebSockets
# included, where the scheduler listens, and asks every peer for a certificate exactly as the scheduler does (same
# files, same CA, same TLS versions). Of whoever has none, no byte reaches the dashboard.
#
# Environment:
# DASK_FLEET_GATE_HOST, DASK_FLEET_GATE_PORT  where to listen
# DASK_FLEET_GATE_PLAIN=1  on a cluster without TLS, to listen without TLS rather than not at all

import asyncio
import logging
import os
import resource
import socket
import ssl
import time
from collections import Counter

from tornado.httpserver import HTTPServer
from tornado.netutil import add_accept_handler

logger = logging.getLogger("distributed.dask_fleet_gate")

# A quarter of what the process may open, at the most, is for each of: connections that are inside the gate, as many
# peers in a handshake before it, and those before the scheduler's own port, to which all workers of a large cluster may
# come at once.
QUARTER = resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4
MAX_CONNECTIONS = min(256, QUARTER)
MAX_HANDSHAKES = min(2048, QUARTER)
# For the handshake, and then for a request's headers and between two requests of one connection. WebSockets may be
# idle.
IDLE_SECONDS = 10
# A busy scheduler is slow to answer a handshake. Also how long nothing more is said of those who were turned away.
SLOW_SECONDS = 60

# Open streams and their addresses, by who let them in; the oldest first.
inside = {}
rooms = [inside]


async def dask_setup(scheduler):
    # Called by Dask when the scheduler has started. Dask logs what it raises and goes on without it.
    context = scheduler.security.get_listen_args("scheduler")["ssl_context"]
    if context is None and os.environ.get("DASK_FLEET_GATE_PLAIN") != "1":
        logger.warning("no TLS: the dashboard's gate stays shut")
        return
    if context is not None and context.verify_mode != ssl.CERT_REQUIRED:
        raise RuntimeError("no certificates are asked for: the dashboard's gate stays shut")
    listener = listen(os.environ["DASK_FLEET_GATE_HOST"], int(os.environ["DASK_FLEET_GATE_PORT"]))
    gate = Gate(scheduler.http_application, ssl_options=context, idle_connection_timeout=IDLE_SECONDS)
    gate.add_socket(listener)
    scheduler.fleet_gate = gate
    if context is not None:
        admit_certified(gate, MAX_CONNECTIONS, IDLE_SECONDS)
        for own in scheduler.listeners:
            admit_certified(own.tcp_server, MAX_HANDSHAKES, SLOW_SECONDS)
    logger.info("dashboard's gate at %s:%d", *listener.getsockname()[:2])


async def dask_teardown(scheduler):
    # Called by Dask when the scheduler begins to close.
    gate = getattr(scheduler, "fleet_gate", None)
    if gate is not None:
        gate.stop()
    for stream in [stream for room in rooms for stream in room]:
        stream.close()


def listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # On "::" for both kinds of addresses, whatever the system's default is.
    listener = socket.create_server((host, port), family=family, backlog=1024, dualstack_ipv6=host == "::")
    listener.setblocking(False)
    # What is accepted inherits it. A peer that vanished holds its place until another one needs it.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return listener


class Gate(HTTPServer):
    async def handle_stream(self, stream, address):
        take_place(inside, MAX_CONNECTIONS, stream, address)
        super().handle_stream(stream, address)


def take_place(room, limit, stream, address):
    # Whoever comes has a place for certain: when all are taken, the address that holds the most gives up its oldest.
    if len(room) >= limit:
        for each in [each for each in room if each.closed()]:
            del room[each]
    if len(room) >= limit:
        [(most, _)] = Counter(room.values()).most_common(1)
        next(each for each in room if room[each] == most).close()
    room[stream] = address[0]


def admit_certified(server, limit, seconds):
    # A server with TLS is given those alone who have shown a certificate. The others wait in a room of their own.
    waiting = {}
    rooms.append(waiting)
    enter = server.handle_stream
    turned_away = quiet_until = 0

    def turn_away(address, error):
        # In few words, however many there are.
        nonlocal turned_away, quiet_until
        turned_away += 1
        if time.monotonic() >= quiet_until:
            quiet_until = time.monotonic() + SLOW_SECONDS
            logger.warning("turned away without a certificate: %d, the last %s: %r", turned_away, address[0], error)

    async def handle_stream(stream, address):
        take_place(waiting, limit, stream, address)
        try:
            await asyncio.wait_for(stream.wait_for_handshake(), seconds)
        except (OSError, asyncio.TimeoutError) as error:
            stream.close()
            return turn_away(address, getattr(error, "real_error", None) or error)
        finally:
            waiting.pop(stream, None)
        await enter(stream, address)

    def accept(connection, address):
        try:
            server._handle_connection(connection, address)
        except OSError as error:
            # A peer that has gone already: asyncio would log a traceback of each.
            connection.close()
            turn_away(address, error)

    server.handle_stream = handle_stream
    for number, listener in server._sockets.items():
        server._handlers[number]()
        server._handlers[number] = add_accept_handler(listener, accept)
