# How a machine comes by its certificate where its user data holds no key: it makes the key, and the launcher signs a
# certificate for it. A MAC with the token of the user data says whose the key is. join_scheduler.py and
# join_worker.py use this, for any Python from 3.6 on; node-join.sh runs them:
#
# join_ROLE.py FOLDER NAME SECONDS ID DIGEST HOST PORT SOURCE
#
# FOLDER has ca.pem and token, and gets key.pem and cert.pem. Whatever happens in between, the key is made once, and
# the certificate is there only when all else is. What comes with it, because user data has no room for it, has the
# SHA-256 DIGEST that the user data says. On standard output is said why it ended otherwise than well.

import hashlib
import hmac
import json
import os
import ssl
import struct
import subprocess
import sys
import time

folder, name, seconds, cluster, digest, host, port, source = sys.argv[1:]
lib = os.path.dirname(os.path.abspath(__file__))
key, cert, ca, token = (os.path.join(folder, file) for file in ("key.pem", "cert.pem", "ca.pem", "token"))
deadline = time.monotonic() + float(seconds)

LINE_SECONDS = 10
MAX_LINE = 65536
# What a peer's nonsense may bring about, besides trouble of the network.
NONSENSE = (OSError, ValueError, TypeError, KeyError, AttributeError)


class Failure(Exception):
    # Status and words of the end.
    pass


def run(join):
    # `join` is given the public key, as DER, and the cloud's document about the machine.
    os.umask(0o077)
    try:
        if not (os.path.exists(cert) and fits(cert)):
            if not os.path.exists(token):
                raise Failure(78, token + " is missing: no certificate can be asked for")
            if not os.path.exists(key):
                write(key, openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"))
            spki = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
            join(spki, identity_document(spki))
        if os.path.exists(token):
            os.unlink(token)
    except Failure as failure:
        print(failure.args[1])
        sys.exit(failure.args[0])


def fits(chain):
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key)
        return True
    except OSError:
        return False


def openssl(*arguments):
    try:
        return subprocess.check_output(("openssl",) + arguments, stdin=subprocess.DEVNULL, timeout=60)
    except FileNotFoundError:
        raise Failure(78, "there is no openssl on this machine, which makes its own key") from None


def identity_document(spki):
    # The launcher refuses a machine that should have one.
    if not os.path.exists(lib + "/identity.py"):
        return None
    try:
        from identity import identity

        return identity(hashlib.sha256(spki).hexdigest())
    except Exception as error:
        say("no identity document: " + printable(repr(error)))


def mac(*parts):
    with open(token) as file:
        secret = bytes.fromhex(file.read().strip())
    return hmac.new(secret, b"".join(struct.pack(">I", len(part)) + part for part in parts), "sha256").hexdigest()


def keep(answer):
    files = answer["files"] if digest else "{}"
    if digest and hashlib.sha256(files.encode()).hexdigest() != digest:
        raise ValueError("the launcher's files are of another version than this machine's user data")
    for file, text in json.loads(files).items():
        write(os.path.join(lib, file), text.encode(), 0o644)
    fresh = cert + ".new"
    write(fresh, answer["cert"].encode())
    if not fits(fresh):
        raise ValueError("the certificate is not of this machine's key")
    os.replace(fresh, cert)


def refusal(answer):
    return Failure(124, "the launcher gives this machine no certificate: " + printable(answer["refused"]))


def write(path, content, mode=0o600):
    # Whole or not at all.
    fresh = "%s.%d" % (path, os.getpid())
    with open(fresh, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def trusting(context):
    context.load_verify_locations(ca)
    return context


def send(connection, message):
    connection.sendall(json.dumps(message).encode() + b"\n")


def receive(connection, limit=LINE_SECONDS):
    # One line, however slowly its bytes drip.
    until, line = time.monotonic() + limit, b""
    while not line.endswith(b"\n"):
        connection.settimeout(max(0.01, until - time.monotonic()))
        piece = connection.recv(4096)
        line += piece
        if not piece or len(line) > MAX_LINE or time.monotonic() > until:
            raise ValueError("no answer")
    return json.loads(line.decode())


def left():
    return max(0, deadline - time.monotonic())


def printable(text):
    return "".join(each if each.isprintable() else "?" for each in str(text))[:240]


def say(words):
    print("dask-fleet: " + words, file=sys.stderr, flush=True)
