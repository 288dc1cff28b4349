"""The process that ioHub runs beside a session: started, waited for and ended.

Its client waits for every answer without an end; here it stops waiting when that process has ended,
and ends it where it runs but is silent.
"""

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

_PATIENCE_S, _BETWEEN_LOOKS_S = 15.0, 0.5
_SILENCE_S = 10.0


def end_left_behind() -> None:
    """End the processes of ioHub whose session was killed: they still hold the tracker.

    They know the number of that session's process, and go on although it has ended.
    """
    import psutil

    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or [""]
        of_iohub = any(word.endswith("start_iohub_process.py") for word in words)
        if of_iohub and words[-1].isdecimal() and not psutil.pid_exists(int(words[-1])):
            with suppress(psutil.Error):  # another user's, or it has just ended
                process.kill()
                process.wait(_PATIENCE_S)


def free_port() -> int:
    """Return a UDP port that no other ioHub has: it would answer our client, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


@contextmanager
def out_of_reach_of_interrupts() -> Iterator[None]:
    """Keep Ctrl-C, which every process of a terminal is sent, from a process that is started here.

    The session would wait for its answers. Windows knows no such mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def is_alive() -> bool:
    """Return whether ioHub's process runs."""
    from psychopy.iohub.devices import Computer

    process = Computer.iohub_process
    return process is not None and process.is_running() and process.status() != "zombie"


def wait_while_alive(hub: Any) -> Callable[[], AbstractContextManager[None]]:
    """Have ioHub's client wait for an answer as long as there is somebody who may give it.

    A process that gives none for `_SILENCE_S` is ended: meanwhile the screen stands still.

    Returns
    -------
    callable
        Within what it returns, an answer may take any time, such as that to a calibration.
    """
    from psychopy.iohub.devices import Computer

    connection, silence_s = hub.udp_client, [_SILENCE_S]
    connection.sock.settimeout(_BETWEEN_LOOKS_S)
    receive = connection.receive

    def receive_while_alive() -> Any:
        until_s = time.monotonic() + silence_s[-1]
        while (answer := receive()) is None and is_alive():
            if time.monotonic() > until_s:
                Computer.iohub_process.kill()
        return answer

    @contextmanager
    def unhurried() -> Iterator[None]:
        silence_s.append(float("inf"))
        try:
            yield
        finally:
            silence_s.pop()

    connection.receive = receive_while_alive
    return unhurried


def end(hub: Any) -> None:
    """End ioHub's process, which is waited for without an end, by force if it does not go."""
    from psychopy.iohub.devices import Computer

    if not is_alive():
        Computer.iohub_process = None  # of one that was killed, the last threads can take long
    process = Computer.iohub_process
    force = threading.Timer(_PATIENCE_S, lambda: process is not None and process.kill())
    force.start()
    try:
        hub.quit()
    finally:
        force.cancel()
