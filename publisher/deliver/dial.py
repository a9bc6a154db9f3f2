"""A connection to a mail server by whichever of its addresses answers."""

import asyncio
import socket

from aiohappyeyeballs import start_connection

_NEXT = 0.25  # seconds till the next address is tried beside (RFC 8305 section 5)


async def dial(host: str, port: int, *, within: float) -> socket.socket:
    """Connected, by the first address that answers, IPv6 and IPv4 in turns (RFC 8305).

    An address that leads nowhere costs a quarter of a second, not the minutes in which a kernel
    gives up.  `within` is in seconds; raises OSError, TimeoutError, and ValueError for a name
    that is none.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within):
            addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            door = await start_connection(addresses, happy_eyeballs_delay=_NEXT)
    except TimeoutError:
        raise TimeoutError from None  # asyncio names a cancelled wait as its cause
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door
