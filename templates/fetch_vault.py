# HashiCorp's Vault, KV of both versions. This machine logs in by the identity that its cloud gives it.

import json
import ssl
import urllib.request

from fetch_http import Passing, ask, ask_json, hide, ways


def vault(source, wanted):
    context = ssl.create_default_context()
    if wanted.get("vaultCa"):
        context.load_verify_locations(cadata=wanted["vaultCa"])
    trust = urllib.request.HTTPSHandler(context=context)
    url, role, way = source["id"], source["role"], source["auth"]
    start = url.split("/v1/")[0] + "/v1/auth/"
    headers = {"X-Vault-Request": "true", "Content-Type": "application/json"}
    if "namespace" in source:
        headers["X-Vault-Namespace"] = source["namespace"]
    proof = json.dumps(dict(ways["vault by " + way](role), role=role)).encode()
    login = start + "%s/login" % source.get("mount", way)
    said = ask_json(login, headers, proof, "POST", handler=trust)
    headers["X-Vault-Token"] = hide(said["auth"]["client_token"])
    try:
        # A version that is deleted is a 404 as well.
        data = ask_json(url, headers, None, None, ": 404 ", handler=trust)["data"]
    finally:
        try:
            ask(start + "token/revoke-self", headers, b"", "POST", handler=trust)
        except Passing:
            # It ends by itself.
            pass
    # Version 2 has the secret beside what is known of it.
    return json.dumps(data["data"] if {"data", "metadata"} <= set(data) else data).encode()


ways["vault"] = vault
