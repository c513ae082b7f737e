# What becomes of a secret: the part of it that is wanted, in the form in which Dask takes it.

import re
import ssl
import subprocess
import time

from fetch_http import Answer, Doubtful, Lasting

PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]*?(CERTIFICATE|PRIVATE KEY)-----\s.*?-----END [A-Z0-9 ]+-----", re.DOTALL)


def part(secret, field, use):
    if field is not None:
        members = Answer("", 0, secret).said
        if not isinstance(members, dict) or not isinstance(members.get(field), str):
            raise Lasting("no JSON object with a text %s" % field)
        secret = members[field].encode()
    if use in ("ca", "cert", "key"):
        kind = b"PRIVATE KEY" if use == "key" else b"CERTIFICATE"
        blocks = [found.group(0) + b"\n" for found in PEM.finditer(secret) if found.group(1) == kind]
        if not blocks:
            raise Lasting("no %s in PEM" % kind.decode())
        return blocks[0] if use == "key" else b"".join(blocks)
    try:
        # Linux's bound of one variable, and Docker's of its bytes.
        if b"\0" in secret or len(secret.decode()) > 130000:
            raise ValueError
    except ValueError:
        raise Lasting("no environment can carry it: binary, with a NUL, or over 130,000 characters") from None
    return secret


def openssl(*arguments, given=None):
    # What it says; nothing where it refuses.
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    run = subprocess.run(("openssl",) + arguments, input=given, stdout=pipe, stderr=null, timeout=30)
    return b"" if run.returncode else run.stdout


def no_passphrase():
    raise ValueError


def check_tls():
    # Refuses what Dask could only fail of. When the certificate is valid, is for start-node.sh.
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain("tls/cert.pem", "tls/key.pem", no_passphrase)
    except ValueError:
        raise Lasting("the key is encrypted") from None
    except ssl.SSLError as error:
        # One of the two may have been renewed between two looks.
        raise Doubtful("the key does not fit the certificate: %s" % error.reason) from None
    dates = openssl("x509", "-noout", "-dates", "-in", "tls/cert.pem").decode().split("\n")
    begin, end = (ssl.cert_time_to_seconds(date.split("=")[1]) for date in dates[:2])
    if end < time.time():
        raise Doubtful("the certificate has expired: %s" % dates[1])
    return b"DASK_FLEET_VALID_FROM=%d\nDASK_FLEET_VALID_UNTIL=%d\n" % (begin, end)
