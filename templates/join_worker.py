# A worker's machine gets its certificate: it asks through the agent on its scheduler (agent/join.py), which carries
# the answer and can not change it.

import base64
import random
import socket
import ssl
import time

import join as machine

# The scheduler's part holds a request for a minute.
ANSWER_SECONDS = 75


def join(spki, document):
    said, pause = "", 0.5
    proof = machine.mac(b"join1", b"worker", machine.name.encode(), spki)
    key = base64.b64encode(spki).decode()
    request = {"v": 1, "role": "worker", "name": machine.name, "spki": key, "mac": proof, "identity": document}
    while True:
        try:
            answer = ask(request)
            if "refused" in answer:
                raise machine.refusal(answer)
            if "cert" in answer:
                return machine.keep(answer)
            pause, why = min(60, max(0.2, float(answer["wait"]))), "the launcher has not signed it yet"
        except machine.NONSENSE as error:
            why = "port %s of %s: %s" % (machine.port, machine.host, machine.printable(error or repr(error)))
            pause = min(5, pause * 1.5)
        if why != said:
            machine.say("waiting for a certificate: " + why)
        said = why
        if not machine.left():
            raise machine.Failure(124, "no certificate came within %s s: %s" % (machine.seconds, why))
        # Not at the same moment as all other machines.
        time.sleep(min(machine.left(), pause * random.uniform(0.75, 1.25)))


def ask(request):
    # Others have certificates of this CA, too: the name tells the scheduler from them.
    context = machine.trusting(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    here = (machine.source, 0) if machine.source else None
    with socket.create_connection((machine.host, int(machine.port)), machine.LINE_SECONDS, here) as raw:
        with context.wrap_socket(raw, server_hostname="scheduler.%s.dask.internal" % machine.cluster) as connection:
            machine.send(connection, request)
            return machine.receive(connection, ANSWER_SECONDS)


machine.run(join)
