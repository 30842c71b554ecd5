"""Stands in for systemd with a socket unit: keeps sockets that listen, and starts a program that gets them.

    socket_parent.py [NAME=ADDRESS...] -- PROGRAM [ARGUMENT...]

ADDRESS is tcp (a free port of 127.0.0.1), datagram, or the path of a unix socket. Prints "NAME PORT" for each. Each
line of the input starts the program once more and prints "started PID"; when that ends, "ended CODE" follows.
"""

import os
import socket
import sys

FIRST = 3


def open_socket(address):
    if "/" in address:
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(address)
        unix.listen()
        return unix
    kind = socket.SOCK_DGRAM if address == "datagram" else socket.SOCK_STREAM
    inet = socket.socket(socket.AF_INET, kind)
    inet.bind(("127.0.0.1", 0))
    if kind == socket.SOCK_STREAM:
        inet.listen()
    return inet


def start(sockets, names, command):
    pid = os.fork()
    if pid:
        return pid
    # First out of the way of 3, 4, ..., then there.
    high = [os.dup2(one.fileno(), 100 + i) for i, one in enumerate(sockets)]
    for i, descriptor in enumerate(high):
        os.dup2(descriptor, FIRST + i)  # the copy is inherited
        os.close(descriptor)
    own = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(sockets)), "LISTEN_FDNAMES": ":".join(names)}
    os.execve(command[0], command, {**os.environ, **own})
    return None


def main():
    at = sys.argv.index("--")
    names, addresses = zip(*(one.split("=", 1) for one in sys.argv[1:at]))
    sockets = [open_socket(address) for address in addresses]
    for name, one in zip(names, sockets):
        print(name, one.getsockname()[1] if one.family == socket.AF_INET else one.getsockname(), flush=True)
    for _ in sys.stdin:
        pid = start(sockets, names, sys.argv[at + 1 :])
        print("started", pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print("ended", os.waitstatus_to_exitcode(status), flush=True)


main()
