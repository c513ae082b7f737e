# The metadata service of this machine's cloud: a few tries, bounded answers, no proxy, no redirection.

import os
import time
import urllib.error
import urllib.request

# Simulated machines have none at the usual address.
simulated = os.environ.get("DASK_FLEET_METADATA_URL")
services = [simulated or "http://169.254.169.254"]
MAX_BYTES = 64 * 1024
PAUSES = (1, 2, 4, 8)
PASSING = (404, 408, 410, 429, 500, 502, 503, 504)


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay)


def without_ipv4(service):
    # Where it is on a machine that has IPv6 alone.
    if not simulated:
        services.append(service)


def ask(path, headers, method="GET"):
    # The text of its answer. OSError where there is none after all tries.
    for pause in PAUSES + (None,):
        for service in services:
            request = urllib.request.Request(service + path, headers=headers, method=method)
            try:
                with opener.open(request, timeout=5) as answer:
                    return answer.read(MAX_BYTES).decode("utf-8", "replace")
            except urllib.error.HTTPError as error:
                if pause is None or error.code not in PASSING:
                    raise
                break
            except OSError:
                if pause is None and service == services[-1]:
                    raise
        time.sleep(pause)
