"""TCP ports of the loopback interface."""

import random
import socket

# Below the range from which the kernel picks the ports of outgoing connections (32768 and up):
# a server that restarts finds its port still free.
SERVER_PORTS = range(15000, 32000)


def is_free(port: int) -> bool:
    """Say whether a server may listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a free port for a server; raise StopIteration when every one is taken."""
    candidates = random.sample(SERVER_PORTS, k=len(SERVER_PORTS))
    return next(port for port in candidates if is_free(port))
