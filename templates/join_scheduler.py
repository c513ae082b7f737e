# A scheduler's machine gets its certificate: the launcher comes to the port of the gate, before Dask does. It shows
# the client's certificate of this cluster, which nobody else has, and takes the public key from this very connection.

import hashlib
import os
import socket
import ssl
import threading
import time
from collections import Counter

import join as machine

MAX_CONNECTIONS = 100

# Addresses and connections, the oldest first.
inside = []
lock = threading.Lock()
over = threading.Event()
ends = []
heard = []


def join(spki, document):
    context = machine.trusting(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.verify_mode = ssl.CERT_REQUIRED
    # Of the very key: who shakes hands with it knows that this machine has it.
    own = os.path.join(machine.folder, "boot")
    machine.write(own, machine.openssl("req", "-x509", "-new", "-key", machine.key, "-subj", "/CN=dask-fleet"))
    context.load_cert_chain(own, machine.key)
    os.unlink(own)
    with listening() as listener:
        machine.say("waiting at port %s for the launcher to sign this machine's certificate" % machine.port)
        start(accept, listener, context, hashlib.sha256(spki).digest(), document)
        if not over.wait(machine.left()):
            late = "no launcher came to port %s within %s s to sign a certificate"
            raise machine.Failure(124, late % (machine.port, machine.seconds))
    for end in ends:
        raise end


def start(function, *arguments):
    threading.Thread(target=function, args=arguments, daemon=True).start()


def listening():
    # A node of before may not have ended yet.
    until = time.monotonic() + 15
    while True:
        listener = socket.socket(socket.AF_INET6 if ":" in machine.host else socket.AF_INET)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if machine.host == "::":
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind((machine.host, int(machine.port)))
            listener.listen(128)
            return listener
        except OSError as error:
            listener.close()
            if time.monotonic() > until:
                why = "the scheduler cannot listen at port %s: %s" % (machine.port, error)
                raise machine.Failure(78, why) from None
        time.sleep(0.5)


def accept(listener, context, *what):
    while not over.is_set():
        try:
            raw, address = listener.accept()
            connection = context.wrap_socket(raw, server_side=True, do_handshake_on_connect=False)
        except OSError:
            time.sleep(0.1)
            continue
        with lock:
            # A new peer always has a place: when all are taken, the address that holds the most gives up its oldest.
            if len(inside) >= MAX_CONNECTIONS:
                most = Counter(each for each, _ in inside).most_common(1)[0][0]
                oldest = next(each for each in inside if each[0] == most)
                inside.remove(oldest)
                close(oldest[1])
            inside.append((address[0], connection))
        start(talk, connection, *what)


def talk(connection, *what):
    try:
        connection.settimeout(machine.LINE_SECONDS)
        connection.do_handshake()
        names = connection.getpeercert().get("subjectAltName", ())
        if ("DNS", "client.%s.dask.internal" % machine.cluster) in names:
            answer(connection, *what)
    except machine.NONSENSE as error:
        why = machine.printable(repr(error))
        # Once, and in few words, however many there are.
        if why not in heard and len(heard) < 10:
            heard.append(why)
            machine.say("no certificate yet: " + why)
    with lock:
        inside[:] = [each for each in inside if each[1] is not connection]
    close(connection)


def answer(connection, hashed, document):
    nonce = bytes.fromhex(machine.receive(connection)["nonce"])
    if len(nonce) != 32:
        raise ValueError("a nonce of %d bytes" % len(nonce))
    proof = machine.mac(b"boot1", b"scheduler", machine.name.encode(), hashed, nonce)
    machine.send(connection, {"name": machine.name, "mac": proof, "identity": document})
    said = machine.receive(connection)
    with lock:
        if over.is_set():
            return
        if "refused" in said:
            ends.append(machine.refusal(said))
        else:
            machine.keep(said)
        try:
            machine.send(connection, {"ok": True})
        finally:
            over.set()


def close(connection):
    # Wakes its reader, which its own `close` would not.
    try:
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
    except OSError:
        pass
    connection.close()


machine.run(join)
