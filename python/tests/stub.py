"""A launcher that misbehaves: stub.py MODE rpc."""

import json
import sys
import time

mode = sys.argv[1]


def say(message: object) -> None:
    print(message if isinstance(message, str) else json.dumps(message), flush=True)


if mode == "other-program":
    sys.exit("usage: \x1b[31mother [command]")
if mode == "mute":
    time.sleep(600)
say({"hello": {"protocol": 99 if mode == "newer" else 1, "version": "9.9.9", "methods": [], "unheard": [1]}})
for line in sys.stdin:
    request = json.loads(line)
    number, method = request.get("id"), request["method"]
    if mode == "dies" and method == "start":
        print("out of memory", file=sys.stderr, flush=True)
        sys.exit(7)
    if mode == "hangs":
        continue
    if mode == "strange":
        say("no JSON")
        say("[1]")
        say({"event": "from-the-future", "cluster": "c1"})
        say({"id": 12345, "result": {}})
    if method == "echo":
        say({"id": number, "result": request["params"]})
    else:
        code = request["params"].get("options", {}).get("code", "")
        say({"id": number, "error": {"code": code, "message": "no", "left": [1]}})
