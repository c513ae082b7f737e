# Fetches this machine's secrets through its own identity: WHAT TO SECONDS UP [PAUSE]
# WHAT is the list (src/bootstrap/secrets), TO a private directory, in memory where there is one. Tries for SECONDS, the
# second time after PAUSE; UP is how long the machine is up. Exit status: 0; 78 no other try would end in another way;
# 124 out of time. The reason is the line on standard output.

import json
import os
import random
import sys
import time

from fetch_http import Doubtful, Lasting, Passing, printed, tokens, ways
from fetch_values import check_tls, part

# Until then a machine may have to wait for its own identity.
YOUNG_SECONDS = 120
# So often in a row the same refusal must come to be believed.
BELIEVED = 5


def gather(wanted):
    # What is to be written, by path. Each secret is asked for once: a certificate and its key from one place are of one
    # version.
    known = {}

    def value(source, use):
        if isinstance(source, str):
            return source.encode()
        place = json.dumps(dict(source, field=None))
        try:
            if place not in known:
                known[place] = ways[source["store"]](source, wanted)
            return part(known[place], source.get("field"), use)
        except (Passing, Lasting) as error:
            error.args = ("%s:%s: %s" % (source["store"], source["id"], error),)
            raise
        except (LookupError, TypeError, ValueError, AttributeError):
            # Without its text, which may be the secret.
            raise Doubtful("%s:%s: the answer makes no sense" % (source["store"], source["id"])) from None

    files = {"tls/%s.pem" % name: value(source, name) for name, source in wanted.get("tls", {}).items()}
    env = b"export"
    for name, source in wanted.get("env", {}).items():
        env += b" %s='%s'" % (name.encode(), value(source, "value").replace(b"'", b"'\\''"))
    files["env"] = env + b"\n"
    if "registries" in wanted:
        files["docker/config.json"] = ways["docker"](wanted["registries"], value)
    return files


def write(path, content):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)


def run(wanted, seconds, up, pause):
    begin = time.monotonic()
    same, before = 0, ""
    while True:
        try:
            files = gather(wanted)
            for path, content in files.items():
                write(path, content)
            if "tls" in wanted:
                write("validity", check_tls())
            # Dask may be another user than root.
            os.umask(0o022)
            for name, path in wanted.get("locations", {}).items():
                write(path, files["tls/%s.pem" % name])
            return 0, ""
        except (Lasting, OSError) as error:
            return 78, str(error)
        except Passing as error:
            why, doubtful = str(error), isinstance(error, Doubtful)
        same = same + 1 if why == before else 1
        passed = time.monotonic() - begin
        if doubtful and same >= BELIEVED and up + passed > YOUNG_SECONDS:
            return 78, why
        # Not at the same moment as all other machines.
        nap = pause * random.uniform(0.7, 1.3)
        if passed + nap > seconds:
            return 124, why
        if why != before:
            print("dask-fleet: trying again: " + printed(why), file=sys.stderr, flush=True)
        before = why
        tokens.clear()
        time.sleep(nap)
        pause = min(pause * 2, 15)


def main(what, to, seconds, up, pause="1"):
    os.umask(0o077)
    with open(what, encoding="utf-8") as file:
        wanted = json.load(file)
    os.chdir(to)
    status, why = run(wanted, float(seconds), float(up), float(pause))
    print(printed(why))
    sys.exit(status)


main(*sys.argv[1:])
