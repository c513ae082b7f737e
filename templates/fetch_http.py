# Requests to stores of secrets and to a cloud's metadata service: bounded in bytes and in time, never redirected. With
# the other parts that a machine needs, this is one program there (src/bootstrap/secrets).

import json
import os
import signal
import urllib.request

# Set by tests only: all requests go there, each with the host that it is meant for.
STORES = os.environ.get("DASK_FLEET_STORES")
MAX_BYTES = 1 << 20
MAX_WORDS = 300

# By store: what gives the bytes of a secret.
ways = {}
# What lives for one pass only: tokens.
tokens = {}
# What must not be on a console, though a store may repeat it.
hidden = set()


class Passing(Exception):
    # Another try may end in another way.
    pass


class Doubtful(Passing):
    # A refusal that passes while a machine is young: its identity, and what it may do, take time to arrive.
    pass


class Lasting(Exception):
    # No other try, and no other machine, would end in another way.
    pass


class AnyAnswer(urllib.request.HTTPErrorProcessor):
    # A redirect is an answer like others: credentials go to nobody else.
    def http_response(self, request, response):
        return response

    https_response = http_response


class Answer:
    def __init__(self, host, status, body):
        self.host, self.status, self.body = host, status, body
        try:
            self.said = json.loads(body.decode())
        except (ValueError, RecursionError):
            self.said = None

    def json(self):
        # What is no object is none of the store's: a page of a proxy or a portal.
        if not isinstance(self.said, dict):
            raise Doubtful("%s answers %d without a JSON object" % (self.host, self.status))
        return self.said

    def refusal(self):
        # In the store's own words, where they have one of the usual forms.
        said = self.said if isinstance(self.said, dict) else {}
        error = said.get("error", said)
        if not isinstance(error, dict):
            error = {"code": error, "message": said.get("error_description")}
        words = [error.get(name) for name in ("__type", "status", "code", "message", "Message")]
        words = [word for word in words + (said.get("errors") or []) if isinstance(word, str)]
        return ": ".join(["%s answers %d" % (self.host, self.status)] + words)


def printed(words):
    for secret in hidden:
        words = words.replace(secret, "(hidden)")
    return "".join(c if " " <= c <= "~" else "?" for c in words.strip())[:MAX_WORDS]


def hide(text):
    hidden.add(text)
    return text


def too_slow(*_):
    raise OSError("no answer in time")


def ask(url, headers, body=None, method=None, seconds=20, handlers=()):
    # Any answer but those that pass by themselves.
    host = url.split("/")[2]
    headers = dict({"Host": host}, **headers)
    if STORES:
        url = STORES + url[url.index(host) + len(host) :]
    # A name server, or an answer that comes byte by byte, outlasts the time-out of a socket.
    signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(seconds)
    try:
        opener = urllib.request.build_opener(AnyAnswer, *handlers)
        with opener.open(urllib.request.Request(url, body, headers, method=method), timeout=seconds) as response:
            status, body = response.status, response.read(MAX_BYTES)
    except Exception as error:
        why = str(getattr(error, "reason", error))
        # Of a name that nobody knows, and a certificate of nobody's, time mends no more than the clock.
        kind = Doubtful if "not known" in why or "CERTIFICATE" in why else Passing
        raise kind("%s: %s" % (host, why)) from None
    finally:
        signal.alarm(0)
    answer = Answer(host, status, body)
    if status in (408, 429) or status >= 500:
        raise Passing(answer.refusal())
    return answer


def metadata(path, headers, method=None, hosts=("169.254.169.254",)):
    # No proxy knows it. Where nothing answers, this is no machine of that cloud. IPv6 has another of `hosts`.
    for host in hosts:
        try:
            return ask("http://" + host + path, headers, None, method, 5, (urllib.request.ProxyHandler({}),))
        except Passing as error:
            trouble = error
    raise Doubtful("no metadata service, and so no identity here: %s" % trouble)
