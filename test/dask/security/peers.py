"""Real TLS between two Python peers. Reads cases as JSON from stdin, writes one result per case to stdout."""

import json
import socket
import ssl
import sys
import threading

from distributed.security import Security

SECONDS = 10


def plain_context(purpose, material, strict):
    context = ssl.create_default_context(purpose, cafile=material["ca"])
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    if strict:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.load_cert_chain(material["cert"], material["key"])
    return context


def dask_context(side, role, material):
    security = Security(
        require_encryption=True,
        tls_ca_file=material["ca"],
        **{f"tls_{role}_cert": material["cert"], f"tls_{role}_key": material["key"]},
    )
    arguments = security.get_listen_args(role) if side == "server" else security.get_connection_args(role)
    return arguments["ssl_context"]


def context_for(side, case):
    peer = case[side]
    if case["by"] == "dask":
        return dask_context(side, peer["role"], peer)
    purpose = ssl.Purpose.CLIENT_AUTH if side == "server" else ssl.Purpose.SERVER_AUTH
    return plain_context(purpose, peer, case["by"] == "strict")


def serve(listener, context, outcome):
    try:
        connection, _ = listener.accept()
        connection.settimeout(SECONDS)
        with context.wrap_socket(connection, server_side=True) as tls:
            outcome["server"] = tls.recv(4).decode()
            tls.sendall(b"pong")
    except OSError as error:
        outcome["server"] = str(error)
        connection.close()


def dial(port, context, outcome):
    try:
        with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
            with context.wrap_socket(connection) as tls:
                tls.sendall(b"ping")
                # With TLS 1.3 a client learns here, not in the handshake, that it was refused.
                outcome["client"] = tls.recv(4).decode()
    except OSError as error:
        outcome["client"] = str(error)


def meet(case):
    outcome = {}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(SECONDS)
        server = threading.Thread(target=serve, args=(listener, context_for("server", case), outcome))
        client_context = context_for("client", case)
        server.start()
        dial(listener.getsockname()[1], client_context, outcome)
        server.join(2 * SECONDS)
    return outcome


json.dump([meet(case) for case in json.load(sys.stdin)], sys.stdout)
