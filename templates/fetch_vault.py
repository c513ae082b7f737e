# HashiCorp's Vault, KV of both versions. This machine logs in by the identity that its cloud gives it.

import json
import ssl
import urllib.request

from fetch_http import Doubtful, Lasting, Passing, ask, hide, ways


def vault(source, wanted):
    context = ssl.create_default_context()
    if wanted.get("vaultCa"):
        context.load_verify_locations(cadata=wanted["vaultCa"])
    trust = (urllib.request.HTTPSHandler(context=context),)
    url, role, way = source["id"], source["role"], source["auth"]
    start = url.split("/v1/")[0] + "/v1/auth/"
    headers = {"X-Vault-Request": "true", "Content-Type": "application/json"}
    if "namespace" in source:
        headers["X-Vault-Namespace"] = source["namespace"]
    proof = dict(ways["vault by " + way](role), role=role)
    path = "%s/login" % source.get("mount", way)
    answer = ask(start + path, headers, json.dumps(proof).encode(), "POST", handlers=trust)
    if answer.status != 200:
        raise Doubtful("the login at auth/%s: %s" % (path, answer.refusal()))
    headers["X-Vault-Token"] = hide(answer.json()["auth"]["client_token"])
    answer = ask(url, headers, handlers=trust)
    try:
        ask(start + "token/revoke-self", headers, b"", "POST", handlers=trust)
    except Passing:
        # It ends by itself.
        pass
    data = answer.json().get("data") or {}
    if answer.status != 200:
        if data.get("metadata"):
            raise Lasting("this version is deleted")
        raise (Lasting if answer.status == 404 else Doubtful)(answer.refusal())
    # Version 2 has the secret beside what is known of it.
    return json.dumps(data["data"] if "metadata" in data else data).encode()


ways["vault"] = vault
