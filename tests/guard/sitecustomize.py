"""Refuses and notes whatever would leave this computer; Python itself imports it where it is found.

In this folder it is on the path of every process that the tests start. What it refused stands in
the file that the environment names, so that an error that somebody swallows is found too.
"""

import ipaddress
import os
import socket
import sys

NOTED = "GUIDING_GAZE_NETWORK_LOG"
_ADDRESSED = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_NAMED = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_OURS = {"", "localhost", socket.gethostname()}


def stays_here(host: object) -> bool:
    """Return whether a name or an address is that of this computer."""
    if isinstance(host, bytes):
        host = host.decode()
    if host is None or host in _OURS:
        return True
    try:
        found = ipaddress.ip_address(str(host))
    except ValueError:  # a name
        return False
    return found.is_loopback or found.is_unspecified


def _refuse_outward(event: str, arguments: tuple) -> None:
    if event in _ADDRESSED:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a socket in the file system
    elif event in _NAMED:
        host = arguments[0]
    else:
        return
    if not stays_here(host):
        with open(os.environ[NOTED], "a", encoding="utf-8") as log:
            log.write(f"{event} {host}: {sys.argv}\n")
        raise OSError(f"{event} {host}: nothing leaves this computer")


if NOTED in os.environ:
    sys.addaudithook(_refuse_outward)
