"""A mail server that keeps count of who got what; takes commands in groups."""

import asyncio
from collections import Counter


class Sink:
    """A mail server as quick as asyncio allows; it notes a recipient before it says 250."""

    def __init__(self, *, delay: float = 0.0) -> None:
        """`delay`: seconds before each answer to a text."""
        self.accepted: Counter[str] = Counter()
        self.introductions: list[float] = []  # loop time of each MAIL that it has read
        self.envelopes: list[tuple[float, str]] = []  # and of each RCPT, and whom it names
        self.texts: list[float] = []  # loop time of each text that it has read
        self.delay = delay
        self.slow_at = "TEXT"  # or "RCPT": what it thinks about, by domain, and for how long
        self.slow: dict[str, float] = {}
        self.thinking: list[int] = []  # how many mails it thinks about, whenever it begins with one
        self.reached = asyncio.Condition()
        self._now_thinking = 0

    @property
    def introduced(self) -> int:
        return len(self.introductions)

    def introduced_to(self, domain: str) -> list[float]:
        return [at for at, one in self.envelopes if one.endswith(f"@{domain}")]

    @property
    def total(self) -> int:
        return sum(self.accepted.values())

    async def until(self, count: int) -> None:
        async with self.reached:
            await self.reached.wait_for(lambda: self.total >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        recipient = ""
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"MAIL":
                self.introductions.append(asyncio.get_running_loop().time())
                writer.write(b"250 2.1.0 ok\r\n")
            elif verb == b"RCPT":
                recipient = line.split(b"<")[1].split(b">")[0].decode()
                self.envelopes.append((asyncio.get_running_loop().time(), recipient))
                await self._think("RCPT", recipient)
                writer.write(b"250 2.1.5 ok\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                self.texts.append(asyncio.get_running_loop().time())
                await asyncio.sleep(self.delay)
                await self._think("TEXT", recipient)
                self.accepted[recipient] += 1
                async with self.reached:
                    self.reached.notify_all()
                writer.write(b"250 2.0.0 taken\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                return
            else:
                writer.write(b"250 ok\r\n")

    async def _think(self, about: str, recipient: str) -> None:
        seconds = self.slow.get(recipient.partition("@")[2])
        if not seconds or about != self.slow_at:
            return
        self._now_thinking += 1
        self.thinking.append(self._now_thinking)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._now_thinking -= 1
