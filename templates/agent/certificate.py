# The certificate that one server shows: its living TLS contexts and its file take a new chain for the key that it has.
# renewal.py uses it on schedulers and workers, and sends this file to nannies: it needs no other of ours.

import calendar
import hashlib
import logging
import os
import re
import ssl
import stat
import tempfile
import time

from distributed import Client, Nanny
from tornado.ioloop import PeriodicCallback

logger = logging.getLogger("distributed.dask_fleet_renewal")

# As long as the longest chain that we would believe.
MAX_CHAIN = 64 * 1024
LOOK_SECONDS = 5
BLOCK = r"-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\r?\n?"
CHAIN = re.compile("(?:" + BLOCK + "){1,10}")


def on_nanny():
    # Called by the copy of this file that a worker has sent (`plant` in renewal.py).
    for nanny in list(Nanny._instances):
        if not hasattr(nanny, "fleet_held"):
            nanny.fleet_held = held = holding(nanny, "worker")
            nanny.handlers["fleet_renewal_nanny"] = held.offer
            nanny.periodic_callbacks["fleet-renewal"] = PeriodicCallback(held.look, LOOK_SECONDS * 1000)
            nanny.periodic_callbacks["fleet-renewal"].start()


def holding(server, role):
    tls = server.security.get_tls_config_for_role(role)
    if not (tls.get("ca_file") and tls.get("cert")):
        return None
    return Held(server, tls)


class Held:
    # The certificate that one server shows.

    def __init__(self, server, tls):
        self.server = server
        self.authority, self.place, self.key = tls["ca_file"], tls["cert"], tls.get("key")
        self.chain = content(self.place)
        self.shown = read(self.chain)
        self.trouble = None
        self.seen = self.mark()

    def report(self):
        return {**self.shown, "trouble": self.trouble}

    def renew(self, chain):
        # A chain that a peer would refuse changes nothing; nor does one that is older, which was late on its way.
        if chain == self.chain:
            return
        fresh = read(chain)
        if fresh["notAfter"] <= self.shown["notAfter"]:
            return
        alive(fresh, "new")
        self.prove(chain)
        self.show(chain)
        self.chain, self.shown = chain, fresh
        self.keep()
        logger.info("renewal: the new certificate %s is valid until %s", fresh["serial"], at(fresh["notAfter"]))

    def try_renew(self, chain):
        try:
            self.renew(checked(chain, "new"))
            if self.trouble and self.trouble.startswith("refused"):
                self.trouble = None
        except Exception as error:
            if self.trouble != f"refused: {text_of(error)}":
                logger.warning("renewal: a new certificate is refused: %s", text_of(error))
            self.trouble = f"refused: {text_of(error)}"

    async def offer(self, chain=None):
        self.try_renew(chain)
        return self.report()

    def look(self):
        # Whether somebody else on this machine has put a newer certificate into the file.
        mark = self.mark()
        if mark == self.seen:
            return False
        self.seen = mark
        before = self.chain
        try:
            chain = content(self.place)
        except OSError:
            return False
        self.try_renew(chain)
        return self.chain != before

    def mark(self):
        try:
            state = os.stat(self.place)
        except (OSError, ValueError):
            return None
        return state.st_mtime_ns, state.st_ino, state.st_size

    def prove(self, chain):
        # A handshake with itself, in memory, judges as a peer would: key, signature, dates by this clock, uses.
        if self.key is None:
            raise ValueError("the key is in the certificate's own file: it is not renewed")
        with TextFile(chain) as certificate, TextFile(self.key) as key:
            ends = []
            for protocol in ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER:
                context = ssl.SSLContext(protocol)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_REQUIRED
                trust(context, self.authority)
                try:
                    context.load_cert_chain(certificate, key)
                except ssl.SSLError as error:
                    why = "is not of this server's key" if "MISMATCH" in str(error) else "cannot be read"
                    raise ValueError(f"the new certificate {why} ({text_of(error)})") from None
                ends.append(context)
        there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
        ends = [ends[0].wrap_bio(back, there), ends[1].wrap_bio(there, back, server_side=True)]
        try:
            for _ in range(10):
                # All of them, each time.
                if all([shaken(end) for end in ends]):
                    return
        except ssl.SSLError as error:
            raise ValueError(f"a peer would refuse the new certificate ({text_of(error)})") from None
        raise ValueError("a handshake with the new certificate does not come to an end")

    def show(self, chain):
        if self.key is None:
            return
        with TextFile(chain) as certificate, TextFile(self.key) as key:
            for context in self.contexts():
                context.load_cert_chain(certificate, key)

    def contexts(self):
        server = self.server
        found = [server.connection_args.get("ssl_context"), server.rpc.connection_args.get("ssl_context")]
        for listener in server.listeners:
            found.append(getattr(listener, "server_args", {}).get("ssl_options"))
            found.append(getattr(getattr(listener, "tcp_server", None), "ssl_options", None))
        # The dashboard's gate (dask_fleet_gate.py).
        found.append(getattr(getattr(server, "fleet_gate", None), "ssl_options", None))
        # Where machines ask for their certificates (join.py).
        found.append(getattr(getattr(server, "fleet_join", None), "context", None))
        for client in self.clients():
            found.append(client.connection_args.get("ssl_context"))
            found.append(client.rpc.connection_args.get("ssl_context"))
        return {id(each): each for each in found if isinstance(each, ssl.SSLContext)}.values()

    def clients(self):
        # Those that tasks have made (get_client), and none of another cluster.
        for client in list(Client._instances):
            tls = client.security.get_tls_config_for_role("client") if client.security else {}
            if tls.get("cert") == self.place and tls.get("key") == self.key and hasattr(client, "rpc"):
                yield client

    def keep(self):
        # Whole or not at all: others read it at any moment.
        if "\n" in self.place or self.trouble_of_file(lambda: content(self.place)) == self.chain:
            return
        self.trouble_of_file(self.replace)
        self.seen = self.mark()

    def replace(self):
        mode = stat.S_IMODE(os.stat(self.place).st_mode)
        number, fresh = tempfile.mkstemp(dir=os.path.dirname(self.place), prefix=".cert-")
        try:
            with open(number, "w") as file:
                file.write(self.chain)
            os.chmod(fresh, mode)
            os.replace(fresh, self.place)
        except BaseException:
            os.unlink(fresh)
            raise

    def trouble_of_file(self, work):
        # What starts anew on this machine will show the older certificate for a moment, which is all that it costs.
        try:
            done = work()
            self.trouble = None
            return done
        except OSError as error:
            self.trouble = f"the file is not renewed: {text_of(error)}"
            logger.warning("renewal: %s", self.trouble)
            return None


class TextFile:
    # The path of a text that may be a path already: OpenSSL reads files.

    def __init__(self, text):
        self.text = text
        self.path = None

    def __enter__(self):
        if "\n" not in self.text:
            return self.text
        number, self.path = tempfile.mkstemp(prefix="dask-fleet-")
        with open(number, "w") as file:
            file.write(self.text)
        return self.path

    def __exit__(self, *_):
        if self.path is not None:
            os.unlink(self.path)


def content(place):
    if "\n" in place:
        return place
    with open(place) as file:
        return file.read(MAX_CHAIN + 1)


def trust(context, authority):
    if "\n" in authority:
        context.load_verify_locations(cadata=authority)
    else:
        context.load_verify_locations(cafile=authority)


def shaken(end):
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def public(text):
    # The file of a certificate may hold its key, too.
    return "".join(re.findall(BLOCK, text)[:10])


def checked(chain, what):
    if not isinstance(chain, str):
        raise TypeError(f"expected the {what} certificate as PEM text, got {type(chain).__name__}")
    if len(chain) > MAX_CHAIN or not CHAIN.fullmatch(chain):
        raise ValueError(f"expected the {what} certificate as PEM text of certificates alone, 64 KiB at most")
    return chain


def alive(fresh, what):
    if fresh["notAfter"] <= time.time():
        raise ValueError(f"the {what} certificate ended at {at(fresh['notAfter'])}, by this machine's clock")


def read(chain):
    # Serial number, end and key of the first certificate (RFC 5280, section 4.1): Python tells them of peers only.
    try:
        first = chain[chain.index("-----BEGIN CERTIFICATE-----") :]
        first = first[: first.index("-----END CERTIFICATE-----") + len("-----END CERTIFICATE-----")]
        der = ssl.PEM_cert_to_DER_cert(first)
        _, signed, _ = element(element(der)[1])
        fields = []
        while signed and len(fields) < 7:
            tag, value, rest = element(signed)
            fields.append((tag, value, signed[: len(signed) - len(rest)]))
            signed = rest
        if fields[0][0] == 0xA0:
            fields.pop(0)
        _, _, ends = element(fields[3][1])
        tag, end, _ = element(ends)
        words = end.decode("ascii")
        # UTCTime has years of two digits.
        words = words if tag == 0x18 else ("19" if words[0] >= "5" else "20") + words
        parsed = time.strptime(words, "%Y%m%d%H%M%SZ")
        key = hashlib.sha256(fields[5][2]).hexdigest()
        return {"serial": fields[0][1].hex().upper(), "notAfter": calendar.timegm(parsed), "key": key}
    except (ValueError, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"a certificate cannot be read ({text_of(error)})") from None


def element(der):
    # Tag, content and what follows it.
    size, start = der[1], 2
    if size >= 0x80:
        start += size - 0x80
        size = int.from_bytes(der[2:start], "big")
    if start + size > len(der):
        raise ValueError("it is cut off")
    return der[0], der[start : start + size], der[start + size :]


def at(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def text_of(error):
    words = f"{type(error).__name__}: {error}"
    return "".join(each if each.isprintable() else " " for each in words)[:300]
