# Azure's Key Vault, by this machine's managed identity.

import base64
from urllib.parse import quote

from fetch_http import Doubtful, Lasting, Passing, ask, hide, metadata, tokens, ways
from fetch_values import openssl


def azure_token(resource):
    # `resource`: for what it is, such as https://vault.azure.net.
    if resource not in tokens:
        path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + quote(resource, "")
        answer = metadata(path, {"Metadata": "true"})
        if answer.status in (404, 410):
            # The service is being updated.
            raise Passing(answer.refusal())
        if answer.status != 200:
            if "Multiple user assigned" in str(answer.said):
                raise Lasting("this machine has several identities, and must have one: " + answer.refusal())
            raise Doubtful("this machine has no identity: " + answer.refusal())
        tokens[resource] = hide(answer.json()["access_token"])
    return tokens[resource]


def azure(source, _):
    vault = source["vault"]
    # A token is good for all vaults of a cloud: https://vault.azure.net, .usgovcloudapi.net, .azure.cn.
    token = azure_token("https://" + vault.split(".", 1)[1])
    url = "%s/secrets/%s/%s?api-version=7.4" % (vault, source["id"], source.get("version", ""))
    answer = ask(url.replace("/?", "?"), {"Authorization": "Bearer " + token})
    said = answer.json()
    if answer.status != 200:
        inner = said.get("error", {}).get("innererror", {}).get("code", "")
        lasting = answer.status == 404 or inner == "SecretDisabled"
        raise (Lasting if lasting else Doubtful)("%s (%s)" % (answer.refusal(), inner))
    if said.get("contentType") != "application/x-pkcs12":
        return said["value"].encode()
    # A certificate with its key, as Key Vault makes them by default: without a password.
    packed = base64.b64decode(said["value"])
    words = ("pkcs12", "-nodes", "-passin", "pass:")
    pem = openssl(*words, given=packed) or openssl(*words, "-legacy", given=packed)
    if not pem:
        raise Lasting("openssl cannot read its PKCS #12")
    return pem


ways["azure-kv"] = azure
