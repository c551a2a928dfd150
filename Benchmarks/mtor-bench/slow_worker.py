#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A chat worker that takes a fixed time for each answer and does one at a time. Argument: milliseconds.
Prints its port first."""
import asyncio
import sys

ANSWER = b'{"choices":[{"message":{"role":"assistant","content":"yes"}}]}'
MODELS = b'{"object":"list","data":[{"id":"m"}]}'


async def serve(seconds):
  alone = asyncio.Lock()

  async def talk(reader, writer):
    try:
      while head := await reader.readuntil(b"\r\n\r\n"):
        length = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        await reader.readexactly(length[0] if length else 0)
        answer = MODELS
        if head.startswith(b"POST"):
          async with alone:
            await asyncio.sleep(seconds)
          answer = ANSWER
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
      pass
    writer.close()

  server = await asyncio.start_server(talk, "127.0.0.1", 0)
  print(server.sockets[0].getsockname()[1], flush=True)
  await server.serve_forever()


asyncio.run(serve(int(sys.argv[1]) / 1000))
