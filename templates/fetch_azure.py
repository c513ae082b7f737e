# Azure's Key Vault, by this machine's managed identity.

import base64
import json
from urllib.parse import quote

from fetch_http import Lasting, ask_json, hide, metadata, ways
from fetch_openssl import openssl


def azure_token(resource):
    # `resource`: for what it is, such as https://vault.azure.net.
    path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + quote(resource, "")
    return hide(json.loads(metadata(path, {"Metadata": "true"}))["access_token"])


def azure(source, _):
    vault = source["vault"]
    # A token is good for all vaults of a cloud: https://vault.azure.net, .usgovcloudapi.net, .azure.cn.
    token = azure_token("https://" + vault.split(".", 1)[1])
    url = "%s/secrets/%s/%s?api-version=7.4" % (vault, source["id"], source.get("version", ""))
    lasting = "SecretNotFound|SecretDisabled|BadParameter"
    said = ask_json(url.replace("/?", "?"), {"Authorization": "Bearer " + token}, lasting=lasting)
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
