# What Python's standard library lacks.

import subprocess


def openssl(*arguments, given=None):
    # What it says; nothing where it refuses.
    null, pipe = subprocess.DEVNULL, subprocess.PIPE
    run = subprocess.run(("openssl",) + arguments, input=given, stdout=pipe, stderr=null, timeout=30)
    return b"" if run.returncode else run.stdout
