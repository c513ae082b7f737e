"""Runs a command in its own terminal. Standard input is typed into it; NUL closes the terminal, and SO with `<columns>x<rows>;`
resizes it. When the command has exited, descriptor 3 reports an exit code, or the negative number of a signal."""

import os
import pty
import select
import sys
import termios

pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])


def resize():
    size = b""
    while not size.endswith(b";"):
        size += os.read(0, 1)
    columns, rows = size[:-1].split(b"x")
    termios.tcsetwinsize(terminal, (int(rows), int(columns)))


is_open = True
while is_open:
    readable, _, _ = select.select([0, terminal], [], [])
    if terminal in readable:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            # The command has exited and closed its side of the terminal.
            break
        os.write(1, shown)
    if 0 in readable:
        typed = os.read(0, 1)
        if typed in (b"", b"\0"):
            is_open = False
        elif typed == b"\x0e":
            resize()
        else:
            os.write(terminal, typed)
os.close(terminal)
_, status = os.waitpid(pid, 0)
os.write(3, b"%d\n" % os.waitstatus_to_exitcode(status))
