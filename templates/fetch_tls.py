# The files with which Dask speaks TLS, of secrets that may hold more than one of them.

import re
import ssl
import subprocess

from fetch_http import Doubtful, Lasting, ways

PEM = re.compile(rb"-----BEGIN [A-Z0-9 ]*?(CERTIFICATE|PRIVATE KEY)-----\s.*?-----END [A-Z0-9 ]+-----", re.DOTALL)


def no_passphrase():
    raise ValueError


def tls_files(sources, value, write):
    for name in sources:
        kind = "PRIVATE KEY" if name == "key" else "CERTIFICATE"
        found = PEM.finditer(value(sources[name]))
        blocks = [block.group() + b"\n" for block in found if block.group(1) == kind.encode()]
        if not blocks:
            raise Lasting("%s: no %s in PEM" % (name, kind))
        write("tls/%s.pem" % name, b"".join(blocks))
    # Refuses what Dask could only fail of. One of the two may have been renewed between two looks.
    cert, key = "tls/cert.pem", "tls/key.pem"
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, no_passphrase)
    except (ValueError, ssl.SSLError) as error:
        why = getattr(error, "reason", "it is encrypted")
        raise Doubtful("the key does not fit the certificate: %s" % why) from None
    if subprocess.call(("openssl", "x509", "-noout", "-checkend", "0", "-in", cert), stdout=subprocess.DEVNULL):
        raise Doubtful("the certificate has expired")


ways["tls"] = tls_files
