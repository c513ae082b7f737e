# Logins of registries, as `docker login` would write them.

import base64
import json
import os

from fetch_http import ways

# Docker's own name for its registry.
HUB = "https://index.docker.io/v1/"


def docker_config(logins, value, write):
    # What root of this machine is logged in to already, stays so.
    try:
        home = os.environ.get("DOCKER_CONFIG", os.path.expanduser("~/.docker"))
        with open(home + "/config.json", encoding="utf-8") as file:
            config = json.load(file)
    except (OSError, ValueError):
        config = {}
    for name, login in logins.items():
        place = HUB if name in ("docker.io", "index.docker.io") else name
        pair = login["username"].encode() + b":" + value(login["password"]).rstrip(b"\r\n")
        config.setdefault("auths", {})[place] = {"auth": base64.b64encode(pair).decode()}
        # It would be asked first, and so would a store for all registries: no helper's name is this file.
        config.get("credHelpers", {}).pop(place, None)
        if "credsStore" in config:
            config.setdefault("credHelpers", {})[place] = ""
    write("docker/config.json", json.dumps(config).encode())


ways["registries"] = docker_config
