#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A SOCKS 5 proxy (RFC 1928) for which every name is this machine. Prints port and process first.

  socks.py PORT"""
import asyncio
import os
import sys
import threading
import time


async def copy(reader, writer):
  try:
    while data := await reader.read(65536):
      writer.write(data)
      await writer.drain()
  finally:
    writer.close()


async def serve(reader, writer):
  try:
    version, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    version, command, _, kind = await reader.readexactly(4)
    if (version, command, kind) != (5, 1, 3):
      return writer.close()
    length = (await reader.readexactly(1))[0]
    await reader.readexactly(length + 2)
    far = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
    await asyncio.gather(copy(reader, far[1]), copy(far[0], writer))
  except (OSError, asyncio.IncompleteReadError):
    writer.close()


async def main():
  server = await asyncio.start_server(serve, "127.0.0.1", 0)
  print(server.sockets[0].getsockname()[1], os.getpid(), flush=True)
  await server.serve_forever()


def end_with(parent):
  """The tests' process does not tell when it ends."""
  while os.getppid() == parent:
    time.sleep(0.2)
  os._exit(0)


threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
asyncio.run(main())
