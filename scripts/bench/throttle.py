# SPDX-License-Identifier: Apache-2.0
"""throttle.py LISTEN_PORT TARGET_PORT MEGABIT: a TCP proxy on loopback, so many megabits a second towards the clients.

All connections share the rate, as they share a line. A process of its own, so that it takes nothing from the
interpreter of who measures.
"""
import asyncio
import sys
import time

CHUNK = 1 << 15


class Line:
    """Bytes leave one after the other, at the rate of the line; at most one chunk ahead of it."""

    def __init__(self, bytes_per_second):
        self.rate = bytes_per_second
        self.free_at = time.monotonic()

    async def send(self, count):
        now = time.monotonic()
        self.free_at = max(self.free_at, now - CHUNK / self.rate) + count / self.rate
        if self.free_at > now:
            await asyncio.sleep(self.free_at - now)


async def copy(reader, writer, line=None):
    try:
        while data := await reader.read(CHUNK):
            if line:
                await line.send(len(data))
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


async def main(listen, target, megabit):
    line = Line(megabit * 1e6 / 8)

    async def tunnel(reader, writer):
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", target, limit=CHUNK)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, up_writer), copy(up_reader, writer, line))

    server = await asyncio.start_server(tunnel, "127.0.0.1", listen, limit=CHUNK)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
