# Environment variables of Dask, for bash to source.

from fetch_http import Lasting, ways


def env_file(sources, value, write):
    line = b"export"
    for name, source in sources.items():
        secret = value(source)
        # Docker changes what is no UTF-8, and 128 KiB is Linux's bound of one variable.
        if b"\0" in secret or len(secret) > 130000 or secret != secret.decode("utf-8", "ignore").encode():
            raise Lasting("%s cannot be a variable: a NUL, no UTF-8, or over 130,000 bytes" % name)
        line += b" %s='%s'" % (name.encode(), secret.replace(b"'", b"'\\''"))
    write("env", line + b"\n")


ways["env"] = env_file
