# Requests to stores of secrets and to a cloud's metadata service: bounded in bytes and in time, never redirected. With
# the other parts that a machine needs, this is one program there (src/bootstrap/secrets).

import json
import os
import re
import signal
import sys
import urllib.request

# Set by tests only: all requests go there, each with the host that it is meant for.
STORES = os.environ.get("DASK_FLEET_STORES")

# By store: what gives the bytes of a secret.
ways = {}
# What must not be on a console, though a store may repeat it.
hidden = []


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
    def http_response(self, _, response):
        return response

    https_response = http_response


def hide(text):
    hidden.append(text)
    return text


def say(*words):
    words = " ".join(map(str, words))
    for secret in hidden:
        words = words.replace(secret, "(hidden)")
    print("".join(c if " " <= c <= "~" else "?" for c in words)[:400], file=sys.stderr, flush=True)


def too_slow(*_):
    raise OSError("no answer in time")


def ask(url, headers, body=None, method=None, lasting="$^", passing="$^", handler=urllib.request.ProxyHandler):
    # The bytes of a good answer. `lasting`, `passing`: what kind of refusal it is whose words fit.
    host = url.split("/")[2]
    headers = dict({"Host": host}, **headers)
    if STORES:
        url = STORES + url.split(host)[1]
    # A name server, or an answer that comes byte by byte, outlasts the time-out of a socket.
    signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(20)
    try:
        opener = urllib.request.build_opener(AnyAnswer, handler)
        with opener.open(urllib.request.Request(url, body, headers, method=method), timeout=5) as response:
            status, body = response.status, response.read(1 << 20)
    except Exception as error:
        status, body = "", str(getattr(error, "reason", error)).encode()
    finally:
        signal.alarm(0)
    if status == 200:
        return body
    why = "%s: %s %s" % (host, status, re.sub(r'[{}"]', "", body.decode("utf-8", "replace")))
    if re.search(lasting, why):
        raise Lasting(why)
    # Time mends neither a name that nobody knows nor a certificate of nobody's.
    passes = re.search(passing + r"|: (408|429|5\d\d) ", why) or not status and not re.search("not known|CERTIF", why)
    raise (Passing if passes else Doubtful)(why)


def metadata(path, headers, method=None, host="169.254.169.254"):
    # No proxy knows it.
    try:
        return ask("http://" + host + path, headers, None, method, handler=urllib.request.ProxyHandler({})).decode()
    except Passing as error:
        # Where nothing answers, this is no machine of that cloud.
        kind = type(error) if ": 5" in str(error) else Doubtful
        raise kind("this machine has no identity: %s" % error) from None


def ask_json(*request, **more):
    return json.loads(ask(*request, **more))
