# Carries the requests of workers' machines for their certificates to the launcher, and its answers back. A port of
# its own, inside the cluster's network, because a machine that asks has no certificate yet: it knows the scheduler by
# the scheduler's. What passes here are public keys, MACs and certificates: reading them reveals nothing, and a changed
# one is refused.
#
# fleet_join_wait    the launcher takes the requests that have come, or waits for one
# fleet_join_answer  its answers, by the requests' ids; a text for many machines comes once, and answers have its number
# One line of JSON comes in and one goes out: templates/join_worker.py.

import asyncio
import json
import logging
import os
import resource
import ssl
import time
from collections import OrderedDict

from tornado.iostream import StreamClosedError, UnsatisfiableReadError
from tornado.tcpserver import TCPServer

from .certificate import TextFile
from .watch import at_close, seconds

logger = logging.getLogger("distributed.dask_fleet_agent.join")

# As many machines as may come at once, handshakes included.
MAX_OPEN = min(2048, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)
MAX_LINE = 16 * 1024
# For the handshake, and then for the line.
LINE_SECONDS = 10
# How long a machine waits here for the launcher, who may be away or not know the machine yet.
HOLD_SECONDS = 60
AGAIN = {"wait": 2}
MAX_PAGE = 256
# Public key, MAC and name are short; a cloud's document is not.
LENGTHS = {"role": 20, "name": 255, "spki": 1024, "mac": 64, "identity": 12_000}
# What anybody's line may bring about. JSON that is nested too deeply is a RecursionError.
NONSENSE = (
    OSError,
    ValueError,
    RecursionError,
    StreamClosedError,
    UnsatisfiableReadError,
    asyncio.TimeoutError,
)


async def on_scheduler(scheduler, agent):
    desk = Desk(scheduler)
    agent.handle("join_wait", desk.wait)
    agent.handle("join_answer", desk.answer)
    agent.at_end(desk.end)


class Desk:
    def __init__(self, scheduler):
        self.scheduler = scheduler
        self.server = None
        self.last = 0
        # By id: what the launcher has not taken yet, and where its answer is awaited.
        self.news = OrderedDict()
        self.answers = {}
        self.waiting = set()

    async def wait(self, comm=None, port=None, wait=0):
        wait = seconds("wait", wait)
        if self.server is None:
            self.open(port)
        if not self.news and wait > 0:
            await self.come(comm, wait)
        # Of a launcher that has gone the requests wait for the next.
        if comm is not None and comm.closed():
            return {"requests": []}
        page = list(self.news)[:MAX_PAGE]
        return {"requests": [self.news.pop(each) for each in page]}

    async def come(self, comm, wait):
        event = asyncio.Event()
        self.waiting.add(event)
        unhook = at_close(comm, event.set)
        try:
            await asyncio.wait_for(event.wait(), wait)
        except asyncio.TimeoutError:
            pass
        finally:
            self.waiting.discard(event)
            unhook()

    def answer(self, answers=None, files=()):
        if not isinstance(answers, (list, tuple)) or not all(isinstance(each, dict) for each in answers):
            raise TypeError("Expected `answers` to be a list of answers by their ids.")
        for each in answers:
            awaited = self.answers.get(each.get("id"))
            if awaited is not None and not awaited.done():
                told = {name: value for name, value in each.items() if name != "id"}
                if "files" in told:
                    told["files"] = files[told["files"]]
                awaited.set_result(told)
        return {}

    def open(self, port):
        if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port < 65536:
            raise TypeError("Expected `port` to be a port.")
        # There is one where there is TLS.
        import dask_fleet_gate as gate

        self.context = self.shown()
        listener = gate.listen(os.environ.get("DASK_FLEET_GATE_HOST", "0.0.0.0"), port)
        self.server = Relay(self, gate.take_place)
        self.server.add_socket(listener)
        self.port = listener.getsockname()[1]
        # A renewed certificate is shown here, too (certificate.py).
        self.scheduler.fleet_join = self
        logger.info("machines ask for their certificates at port %d", self.port)

    def shown(self):
        tls = self.scheduler.security.get_tls_config_for_role("scheduler")
        if not tls.get("cert"):
            raise ValueError("this scheduler has no TLS: no machine asks for a certificate")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        with TextFile(tls["cert"]) as cert, TextFile(tls.get("key") or tls["cert"]) as key:
            context.load_cert_chain(cert, key)
        return context

    async def ask(self, request):
        # The launcher's answer, or that the machine is to come again.
        self.last += 1
        number = self.last
        self.answers[number] = awaited = asyncio.get_event_loop().create_future()
        self.news[number] = {"id": number, **request}
        for event in self.waiting:
            event.set()
        try:
            return await asyncio.wait_for(awaited, HOLD_SECONDS)
        except asyncio.TimeoutError:
            return AGAIN
        finally:
            self.news.pop(number, None)
            self.answers.pop(number, None)

    def end(self):
        if self.server is not None:
            self.server.stop()
            for stream in list(self.server.inside):
                stream.close()


class Relay(TCPServer):
    def __init__(self, desk, take_place):
        super().__init__(ssl_options=desk.context)
        self.desk = desk
        self.take_place = take_place
        # Streams and their addresses, the oldest first.
        self.inside = {}

    async def handle_stream(self, stream, address):
        self.take_place(self.inside, MAX_OPEN, stream, address)
        try:
            until = time.monotonic() + LINE_SECONDS
            await asyncio.wait_for(stream.wait_for_handshake(), LINE_SECONDS)
            line = stream.read_until(b"\n", max_bytes=MAX_LINE)
            request = parsed(await asyncio.wait_for(line, max(0.1, until - time.monotonic())))
            answer = await self.heard(stream, {"from": plain(address[0]), **request})
            await asyncio.wait_for(stream.write(json.dumps(answer).encode() + b"\n"), LINE_SECONDS)
        except NONSENSE as error:
            # Many may come: debug level, so that they do not fill the log.
            logger.debug("a request for a certificate from %s came to nothing: %r", address[0], error)
        finally:
            self.inside.pop(stream, None)
            stream.close()

    async def heard(self, stream, request):
        # A machine that has gone needs no certificate.
        asking = asyncio.ensure_future(self.desk.ask(request))
        stream.set_close_callback(asking.cancel)
        try:
            return await asking
        except asyncio.CancelledError:
            if stream.closed():
                raise StreamClosedError() from None
            raise


def parsed(line):
    request = json.loads(line.decode())
    if not isinstance(request, dict):
        raise ValueError("expected an object")
    known = {name: request.get(name) for name in LENGTHS}
    for name, text in known.items():
        if text is None and name == "identity":
            continue
        # Half a character (a lone surrogate) would break the message that carries others' requests, too.
        if not isinstance(text, str) or len(text) > LENGTHS[name] or not text.isascii():
            raise ValueError(f"expected {name} to be {LENGTHS[name]} characters of ASCII at most")
    return known


def plain(address):
    # Of a listener for both kinds of addresses.
    return address[7:] if address.startswith("::ffff:") else address
