# What a cloud's metadata service says about the end of this machine: EC2, Google Cloud and Azure.
#
# The service is trusted with the word that the machine ends, and with nothing else: answers are bounded in bytes and in
# time, redirects are not followed, no proxy is asked, and what makes no sense is no answer.

import asyncio
import json
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

MAX_BYTES = 64 * 1024
MAX_EVENTS = 1000
# No cloud announces more; a longer time would keep a machine that is about to go at work.
MAX_SECONDS = 600
TOKEN_SECONDS = 21600


class NoAnswer(Exception):
    # Nothing is known: neither a notice, nor that there is none.
    pass


class Metadata:
    # One cloud's service. `look` returns None where there is no notice, else {"action", "seconds"}.

    # Between two looks.
    pause = 5
    addresses = ("http://169.254.169.254",)

    def __init__(self, address=None):
        if address is not None:
            self.addresses = (address,)
        self.client = SimpleAsyncHTTPClient(
            force_instance=True, max_body_size=MAX_BYTES, max_header_size=MAX_BYTES, max_buffer_size=4 * MAX_BYTES
        )

    def close(self):
        self.client.close()

    async def ask(self, path, headers, seconds=5, method="GET"):
        # The status, the headers and the text of any answer.
        for address in self.addresses:
            request = HTTPRequest(
                address + path,
                method=method,
                headers=headers,
                body=None if method == "GET" else b"",
                follow_redirects=False,
                decompress_response=False,
                connect_timeout=min(2, seconds),
                request_timeout=seconds,
            )
            try:
                answer = await asyncio.wait_for(self.client.fetch(request, raise_error=False), seconds + 2)
            except asyncio.CancelledError:
                raise
            except Exception as error:
                trouble = error
                continue
            self.addresses = (address,)
            return answer.code, answer.headers, (answer.body or b"").decode("utf-8", "replace")
        raise NoAnswer(repr(trouble)[:200])

    async def value(self, path, headers):
        code, _, text = await self.ask(path, headers)
        return text.strip() if code == 200 else None

    async def concerns(self):
        # Whether this machine may get a notice at all: only spot machines do. Where it is not known, it may.
        return True


class Ec2(Metadata):
    addresses = ("http://169.254.169.254", "http://[fd00:ec2::254]")

    def __init__(self, address=None):
        super().__init__(address)
        self.token = None
        self.renew_at = 0

    async def authorised(self, path):
        # A token may end before its time, such as with the machine's move to another host.
        for _ in range(2):
            if self.token is None or time.monotonic() > self.renew_at:
                wanted = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_SECONDS)}
                code, _, token = await self.ask("/latest/api/token", wanted, method="PUT")
                if code != 200 or not 0 < len(token) < 1000 or not token.isprintable():
                    raise NoAnswer("no token: status %d" % code)
                self.token, self.renew_at = token, time.monotonic() + TOKEN_SECONDS / 2
            answer = await self.ask(path, {"X-aws-ec2-metadata-token": self.token})
            if answer[0] != 401:
                return answer
            self.token = None
        raise NoAnswer("the token is refused")

    async def concerns(self):
        code, _, text = await self.authorised("/latest/meta-data/instance-life-cycle")
        return code != 200 or text.strip() != "on-demand"

    async def look(self):
        code, _, text = await self.authorised("/latest/meta-data/spot/instance-action")
        if code == 404:
            return None
        said = as_json(code, text)
        if said.get("action") not in ("terminate", "stop", "hibernate"):
            raise NoAnswer("an unknown action")
        return {"action": said["action"], "seconds": seconds_until(said.get("time"), 120)}


class Gcp(Metadata):
    # A look waits for the change itself, which costs next to nothing on machines that get no notice, too. The pause is
    # the shortest time between two.
    pause = 2
    headers = {"Metadata-Flavor": "Google"}
    root = "/computeMetadata/v1/instance/"
    # How long the service may hold an answer back.
    hold = 60

    def __init__(self, address=None):
        super().__init__(address)
        self.seen = None

    async def look(self):
        # Without an ETag, a change between two questions would be missed: then this asks for the present value.
        query = ""
        if self.seen is not None:
            query = "?wait_for_change=true&timeout_sec=%d&last_etag=%s" % (self.hold, self.seen)
        self.seen = None
        code, headers, text = await self.ask(self.root + "preempted" + query, self.headers, self.hold + 10)
        if headers.get("Metadata-Flavor") != "Google":
            raise NoAnswer("the answer is not Google's")
        if code != 200 or text.strip() not in ("TRUE", "FALSE"):
            raise NoAnswer("status %d" % code)
        if text.strip() == "TRUE":
            return {"action": "preempt", "seconds": 30}
        etag = headers.get("ETag", "")
        self.seen = etag if etag.isalnum() and len(etag) < 100 else None
        return None


class Azure(Metadata):
    pause = 2
    headers = {"Metadata": "true"}
    # The first question turns the service on, which takes up to two minutes.
    patience = 130

    def __init__(self, address=None):
        super().__init__(address)
        self.name = None

    async def leaf(self, name):
        return await self.value("/metadata/instance/compute/%s?api-version=2021-02-01&format=text" % name, self.headers)

    async def concerns(self):
        return await self.leaf("priority") != "Regular"

    async def look(self):
        if self.name is None:
            self.name = await self.leaf("name")
        if not self.name:
            self.name = None
            raise NoAnswer("the name of this machine is not known")
        path = "/metadata/scheduledevents?api-version=2020-07-01"
        code, _, text = await self.ask(path, self.headers, self.patience)
        self.patience = 10
        events = as_json(code, text).get("Events")
        if not isinstance(events, list):
            raise NoAnswer("no list of events")
        # The service tells each machine of a scale set about all of them.
        for event in events[:MAX_EVENTS]:
            if isinstance(event, dict) and self.concerns_this(event):
                started = event.get("EventStatus") == "Started"
                seconds = 5 if started else seconds_until(event.get("NotBefore"), 30)
                return {"action": event["EventType"].lower(), "seconds": seconds}
        return None

    def concerns_this(self, event):
        names = event.get("Resources")
        return (
            event.get("EventType") in ("Preempt", "Terminate")
            and event.get("EventStatus", "Scheduled") in ("Scheduled", "Started")
            and isinstance(names, list)
            and any(isinstance(name, str) and name.lower() == self.name.lower() for name in names)
        )


SERVICES = {"ec2": Ec2, "gcp": Gcp, "azure": Azure}


def as_json(code, text):
    if code != 200:
        raise NoAnswer("status %d" % code)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise NoAnswer("no JSON") from None
    if not isinstance(said, dict):
        raise NoAnswer("no JSON object")
    return said


def seconds_until(text, otherwise):
    # From "2026-11-30T21:00:00Z" or "Mon, 30 Nov 2026 21:00:00 GMT". A time that cannot be says nothing.
    if not isinstance(text, str) or len(text) > 64:
        return otherwise
    try:
        if "," in text:
            at = parsedate_to_datetime(text)
        else:
            at = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if at.tzinfo is None:
            at = at.replace(tzinfo=timezone.utc)
        seconds = at.timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return otherwise
    # A clock that is wrong is likelier than a notice of hours.
    return seconds if 0 <= seconds <= MAX_SECONDS else otherwise
