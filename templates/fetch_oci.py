# OCI's Certificates and Vault, by this instance's principal: its certificate is exchanged for a token of a session key,
# which signs requests.

import base64
import hashlib
import json
import os
import re
import time

from fetch_http import ask_json, hide, metadata, ways
from fetch_openssl import openssl


def about_instance(path):
    return metadata("/opc/v2/" + path, {"Authorization": "Bearer Oracle"}).encode()


def oci_ask(key, key_id, url, body=None):
    # Signed as OCI wants it (draft-cavage-http-signatures-08).
    host, target = url.split("/", 3)[2:]
    headers = {"date": time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()), "host": host}
    if body:
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        more = {"content-type": "application/json", "content-length": str(len(body)), "x-content-sha256": digest}
        headers.update(more)
    lines = ["(request-target): %s /%s" % ("post" if body else "get", target)]
    lines += ["%s: %s" % (name, headers[name]) for name in headers]
    # openssl reads keys from files only; this one is in memory, and private.
    with open("oci.key", "wb") as file:
        file.write(key)
    signature = openssl("dgst", "-sha256", "-sign", "oci.key", given="\n".join(lines).encode())
    os.remove("oci.key")
    form = 'Signature version="1",keyId="%s",algorithm="rsa-sha256",headers="(request-target) %s",signature="%s"'
    headers["authorization"] = form % (key_id, " ".join(headers), base64.b64encode(signature).decode())
    # A clock that is off, which a time service will set, is a 401 as well.
    return ask_json(url, headers, body, None, ": 400 ", "clock")


def bare(pem):
    return re.sub(r"-----[^-]+-----|\s", "", pem.decode())


def oci_session():
    about = json.loads(about_instance("instance/"))
    region, domain = about["canonicalRegionName"], about["regionInfo"]["realmDomainComponent"]
    cert, between, key = (about_instance("identity/%s.pem" % name) for name in ("cert", "intermediate", "key"))
    words = openssl("x509", "-noout", "-subject", "-fingerprint", "-sha1", given=cert).decode()
    tenant = re.search(r"opc-(?:tenant|identity):([\w.-]+)", words).group(1)
    key_id = "%s/fed-x509/%s" % (tenant, re.search(r"Fingerprint=([0-9A-F:]+)", words).group(1).lower())
    mine = openssl("genrsa", "2048")
    public = bare(openssl("rsa", "-pubout", given=mine))
    body = {"certificate": bare(cert), "intermediateCertificates": [bare(between)]}
    body = dict(body, publicKey=public, purpose="DEFAULT")
    said = oci_ask(key, key_id, "https://auth.%s.%s/v1/x509" % (region, domain), json.dumps(body).encode())
    return mine, "ST$" + hide(said["token"]), region, domain


# The regions that OCIDs name by a code.
CODES = {"iad": "us-ashburn-1", "phx": "us-phoenix-1", "fra": "eu-frankfurt-1", "lhr": "uk-london-1"}


def oci(source, _):
    key, key_id, region, domain = oci_session()
    # The secret's region, which need not be this machine's.
    named = source["id"].split(".")[3]
    region = CODES.get(named) or named or region
    service, path = {
        "oci-cert": ("certificates", "20210224/certificateBundles"),
        "oci-cert-authority": ("certificates", "20210224/certificateAuthorityBundles"),
        "oci-vault": ("secrets.vaults", "20190301/secretbundles"),
    }[source["store"]]
    url = "https://%s.%s.oci.%s/%s/%s?stage=CURRENT" % (service, region, domain, path, source["id"])
    if source["store"] == "oci-cert":
        url += "&certificateBundleType=CERTIFICATE_CONTENT_WITH_PRIVATE_KEY"
    said = oci_ask(key, key_id, url)
    if source["store"] == "oci-vault":
        return base64.b64decode(said["secretBundleContent"]["content"])
    return "\n".join(said.get(name) or "" for name in ("certificatePem", "certChainPem", "privateKeyPem")).encode()


ways["oci-cert"] = ways["oci-cert-authority"] = ways["oci-vault"] = oci
