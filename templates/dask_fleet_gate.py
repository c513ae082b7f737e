# Opens a scheduler's dashboard to those who hold a certificate of the cluster: a preload for any Dask since 2022.12.
#
# The dashboard itself listens on loopback, in clear text. This gate is a second listener of the same pages, WebSockets
# included, where the scheduler listens, and asks every peer for a certificate exactly as the scheduler does (same
# files, same CA, same TLS versions). Of whoever has none, no byte reaches the dashboard.
#
# Environment:
# DASK_FLEET_GATE_HOST, DASK_FLEET_GATE_PORT  where to listen
# DASK_FLEET_GATE_PLAIN=1  on a cluster without TLS, to listen without TLS rather than not at all

import logging
import os
import socket
import ssl

from tornado.httpserver import HTTPServer

logger = logging.getLogger("distributed.dask_fleet_gate")

MAX_CONNECTIONS = 256
# For the handshake and a request's headers together, and between two requests of one connection. WebSockets may be
# idle.
IDLE_SECONDS = 10


async def dask_setup(scheduler):
    # Called by Dask when the scheduler has started. Dask logs what it raises and goes on without it.
    context = scheduler.security.get_listen_args("scheduler")["ssl_context"]
    if context is None and os.environ.get("DASK_FLEET_GATE_PLAIN") != "1":
        logger.warning("no TLS: the dashboard's gate stays shut")
        return
    if context is not None and context.verify_mode != ssl.CERT_REQUIRED:
        raise RuntimeError("the scheduler's TLS does not ask for certificates: the dashboard's gate stays shut")
    listener = listen(os.environ["DASK_FLEET_GATE_HOST"], int(os.environ["DASK_FLEET_GATE_PORT"]))
    gate = Gate(scheduler.http_application, ssl_options=context, idle_connection_timeout=IDLE_SECONDS)
    gate.add_socket(listener)
    scheduler.fleet_gate = gate
    logger.info("dashboard's gate at %s:%d", *listener.getsockname()[:2])


async def dask_teardown(scheduler):
    # Called by Dask when the scheduler begins to close.
    gate = getattr(scheduler, "fleet_gate", None)
    if gate is not None:
        gate.stop()
        for stream in gate.streams:
            stream.close()


def listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # On "::" for both kinds of addresses, whatever the system's default is.
    listener = socket.create_server((host, port), family=family, backlog=1024, dualstack_ipv6=host == "::")
    listener.setblocking(False)
    # What is accepted inherits these. A peer that vanished must not hold its place for ever.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15)
    return listener


class Gate(HTTPServer):
    streams = []

    def handle_stream(self, stream, address):
        # Peers that have not shown a certificate yet count as well.
        self.streams = [each for each in self.streams if not each.closed()]
        if len(self.streams) < MAX_CONNECTIONS:
            self.streams.append(stream)
            super().handle_stream(stream, address)
        else:
            stream.close()
