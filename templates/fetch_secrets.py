# Fetches this machine's secrets through its own identity: WHAT TO SECONDS UP [PAUSE]
# WHAT is the list (src/bootstrap/secrets), TO a private directory, in memory where there is one. Tries for SECONDS, the
# second time after PAUSE; UP is how long the machine is up. Exit status: 0; 78 no other try would end in another way;
# 124 out of time. The last line says why.

import json
import os
import random
import sys
import time

from fetch_http import Doubtful, Lasting, Passing, say, ways

# Until then a machine may have to wait for its own identity.
YOUNG_SECONDS = 120
# So often in a row the same refusal must come to be believed.
BELIEVED = 5


def write(path, content):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)


def fetch_all(wanted):
    # Each secret is asked for once: a certificate and its key from one place are of one version.
    known = {}

    def value(source):
        if isinstance(source, str):
            return source.encode()
        name = "%(store)s:%(id)s" % source
        # Two vaults, regions or versions may have secrets of one name.
        whole = json.dumps(dict(source, field=""), sort_keys=True)
        try:
            if whole not in known:
                known[whole] = ways[source["store"]](source, wanted)
            return ways["field"](known[whole], source["field"]) if "field" in source else known[whole]
        except (Passing, Lasting) as error:
            raise type(error)("%s: %s" % (name, error)) from None
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
            # Without its text, which may be the secret.
            raise Doubtful("%s: the answer makes no sense" % name) from None

    for way in ("tls", "locations", "env", "registries"):
        if way in wanted:
            ways[way](wanted[way], value, write)


def main(what, to, seconds, up, pause="1"):
    os.umask(0o077)
    with open(what, encoding="utf-8") as file:
        wanted = json.load(file)
    os.chdir(to)
    passed, pause, same, before = 0, float(pause), 0, ""
    while True:
        begin = time.monotonic()
        try:
            return fetch_all(wanted)
        except (Lasting, OSError) as error:
            say("Error:", error)
            return 78
        except Passing as error:
            trouble = error
        # What stands behind may be a request's id, another each time.
        words = str(trouble)[:120]
        same = same + 1 if words == before else 1
        before = words
        if same == 1:
            say("Error:", trouble)
        if isinstance(trouble, Doubtful) and same >= BELIEVED and float(up) + passed > YOUNG_SECONDS:
            return 78
        # Not at the same moment as all other machines.
        time.sleep(pause * random.uniform(0.7, 1.3))
        pause = min(pause * 2, 15)
        passed += time.monotonic() - begin
        if passed > float(seconds):
            return 124


sys.exit(main(*sys.argv[1:]))
