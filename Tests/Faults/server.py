#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workers that misbehave, for the fault campaign. The first part of a path says how, as MANNER.HEALTH;
the rest is what OpenAI, Anthropic, RENT-A-HAL and nodes serve there. What varies is drawn from the prompt, so that
the same prompt meets the same fault.

  server.py [ADDRESS [PORT]]

Prints its ports and its process: the one that speaks HTTP, one that accepts and never reads, one whose
queue is full so that a SYN is dropped, one where nobody listens, one that resets each connection."""
import asyncio
import json
import os
import random
import socket
import struct
import sys
import threading
import time

LONG = 3600
WAV = b"RIFF\x00\x00\x00\x00WAVE"


def prompt_of(body):
  try:
    asked = json.loads(body)
  except ValueError:
    return ""
  if "messages" in asked:
    content = asked["messages"][-1]["content"]
    return content if isinstance(content, str) else content[0].get("text", "")
  return asked.get("input", asked.get("prompt", asked.get("text", "")))


def pieces_of(text, count):
  size = max(1, -(-len(text) // count))
  return [text[start : start + size] for start in range(0, len(text), size)]


def event(value, name=None):
  head = f"event: {name}\n" if name else ""
  return (head + "data: " + (value if isinstance(value, str) else json.dumps(value)) + "\n\n").encode()


def good(path, prompt, chance):
  """The right answer: its type, and its pieces."""
  text = f"echo {prompt} end"
  parts = pieces_of(text, chance.randint(2, 8))
  if path == "/v1/chat/completions":
    deltas = [event({"choices": [{"index": 0, "delta": {"content": part}}]}) for part in parts]
    return "text/event-stream", deltas + [event("[DONE]")]
  if path == "/v1/messages":
    start = event({"type": "message_start", "message": {"role": "assistant"}}, "message_start")
    delta = lambda part: event(
      {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}}, "content_block_delta")
    return "text/event-stream", [start] + [delta(part) for part in parts] + [
      event({"type": "message_stop"}, "message_stop")]
  if path == "/v1/intents":
    return "text/event-stream", [event({"text": part}, "piece") for part in parts] + [
      event({"outcome": "completed"}, "outcome")]
  if path == "/v1/audio/speech":
    return "audio/wav", [WAV] + [part.encode() for part in parts]
  if path.rstrip("/") == "/predict":
    return "application/json", pieces_of(json.dumps({"response": text}).encode(), 3)
  return None, []


class Asked:
  """One request, and the means to answer it well or badly."""

  def __init__(self, reader, writer, path, body):
    self.writer = writer
    self.path = path
    self.prompt = prompt_of(body)
    self.chance = random.Random(self.prompt[:64])
    self.type, self.pieces = good(path, self.prompt, self.chance)
    self.half = self.pieces[: max(1, len(self.pieces) // 2)]

  async def say(self, data):
    self.writer.write(data)
    await self.writer.drain()

  async def head(self, status=200, kind=None, *fields):
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind or self.type}", *fields, "", ""]
    await self.say("\r\n".join(lines).encode())

  async def whole(self, status, body, *fields, kind="application/json"):
    await self.head(status, kind, f"Content-Length: {len(body)}", *fields)
    await self.say(body)

  async def chunks(self, pieces, pause=0.0):
    for piece in pieces:
      await self.say(b"%x\r\n" % len(piece) + piece + b"\r\n")
      if pause:
        await asyncio.sleep(pause)

  def reset(self):
    sock = self.writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    self.writer.transport.abort()

  # Well-behaved

  async def ok(self, pause=None):
    await asyncio.sleep(self.chance.uniform(0, 0.02) if pause is None else pause)
    await self.head(200, None, "Transfer-Encoding: chunked")
    await self.chunks(self.pieces)
    await self.say(b"0\r\n\r\n")

  async def steady(self):
    await self.ok(0.025)

  async def plain(self):
    """Ends with the connection."""
    await self.head(200, None, "Connection: close")
    for piece in self.pieces:
      await self.say(piece)
    return "close"

  async def late(self):
    await self.ok(self.chance.uniform(0.2, 1.5))

  # Badly behaved

  async def mute(self):
    await asyncio.sleep(LONG)

  async def drip_head(self):
    for byte in b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n":
      await self.say(bytes([byte]))
      await asyncio.sleep(1)

  async def drip(self):
    await self.head(200, None, "Content-Length: 1000")
    for byte in b"".join(self.pieces):
      await self.say(bytes([byte]))
      await asyncio.sleep(1)

  async def stall(self):
    await self.head(200, None, "Transfer-Encoding: chunked")
    await self.chunks(self.half)
    await asyncio.sleep(LONG)

  async def reset_body(self):
    await self.head(200, None, "Transfer-Encoding: chunked")
    await self.chunks(self.half, 0.01)
    self.reset()
    return "close"

  async def cut(self):
    await self.head(200, None, "Transfer-Encoding: chunked")
    await self.chunks(self.half, 0.005)
    return "close"

  async def cut_plain(self):
    """Nothing in HTTP tells that this is not all."""
    await self.head(200, None, "Connection: close")
    for piece in self.half:
      await self.say(piece)
    return "close"

  async def garbage(self):
    await self.say(self.chance.randbytes(2000))
    return "close"

  async def garbage_body(self):
    await self.whole(200, self.chance.randbytes(3000), kind=self.type)

  async def page(self):
    await self.whole(200, b"<!doctype html><title>Log in</title>", kind="text/html")

  async def half_json(self):
    await self.whole(200, b'{"response": "half', kind="application/json")

  async def endless(self):
    await self.head(200, None, "Connection: close")
    while True:
      await self.say(b"x" * 65536)

  async def endless_events(self):
    await self.head(200, "text/event-stream", "Connection: close")
    filler = event({"choices": [{"delta": {"content": "more " * 200}}]})
    while True:
      await self.say(filler * 8)

  async def endless_head(self):
    await self.say(b"HTTP/1.1 200 X\r\n")
    while True:
      await self.say((b"X-Filler: " + b"y" * 1000 + b"\r\n") * 16)

  async def e500(self):
    await self.whole(500, b'{"detail": "out of memory"}')

  async def e503(self):
    await self.whole(503, b'{"error": {"message": "Loading model"}}')

  async def e503_after(self):
    await self.whole(503, b"", "Retry-After: 1")

  async def e429_after(self):
    await self.whole(429, b"", "Retry-After: 2")

  async def e404(self):
    await self.whole(404, b'{"detail": "Not Found"}')

  async def e401(self):
    await self.whole(401, b"no")

  async def away(self):
    await self.whole(302, b"", "Location: http://127.0.0.1:9/")

  async def round(self):
    await self.whole(307, b"", "Location: " + self.target)

  async def close(self):
    return "close"

  async def close_reset(self):
    self.reset()
    return "close"

  async def too_long(self):
    await self.head(200, None, "Content-Length: 999999")
    for piece in self.pieces:
      await self.say(piece)
    return "close"

  async def bad_chunk(self):
    await self.head(200, None, "Transfer-Encoding: chunked")
    await self.say(b"zz\r\n" + self.pieces[0] + b"\r\n")
    return "close"

  async def error_event(self):
    await self.head(200, "text/event-stream", "Transfer-Encoding: chunked")
    await self.chunks(self.half[:1] + [event({"type": "error", "error": {"message": "CUDA out of memory"}})])
    await self.say(b"0\r\n\r\n")


async def health(kind, asked, path):
  if kind == "slow":
    await asyncio.sleep(1.5)
  elif kind == "blocked":
    await asyncio.sleep(LONG)
  elif kind == "broken":
    return await asked.whole(500, b"no")
  elif kind == "garbage":
    await asked.say(os.urandom(300))
    return "close"
  body = {
    "/v1/models": b'{"object": "list", "data": [{"id": "small"}]}',
    "/v1/node": b'{"node": "far", "realms": ["$NODE"], "models": [], "slots": 8}',
  }.get(path, b'{"status": "ok"}')
  await asked.whole(200, body)


async def serve(reader, writer):
  try:
    while True:
      head = await reader.readuntil(b"\r\n\r\n")
      method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
      _, manner, path = target.split("/", 2)
      manner, _, kind = manner.partition(".")
      path = "/" + path
      fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
      if b"100-continue" in fields.get(b"expect", b""):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
      body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
      asked = Asked(reader, writer, path, body)
      asked.target = target
      ended = await (health(kind, asked, path) if method == "GET" else getattr(asked, manner)())
      if ended == "close":
        break
  except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, AttributeError):
    pass
  finally:
    writer.close()


async def ignore(reader, writer):
  try:
    await asyncio.sleep(LONG)
  finally:
    writer.close()


async def refuse(reader, writer):
  sock = writer.get_extra_info("socket")
  sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
  writer.transport.abort()


async def main(address, port):
  options = {"backlog": 512, "reuse_address": True}
  http = await asyncio.start_server(serve, address, port, limit=1 << 20, **options)
  deaf = await asyncio.start_server(ignore, address, 0, limit=1, **options)
  resets = await asyncio.start_server(refuse, address, 0, **options)
  # A full queue: further connections are not answered at all.
  full = socket.socket()
  full.bind((address, 0))
  full.listen(0)
  waiting = [socket.socket() for _ in range(3)]
  for client in waiting:
    client.setblocking(False)
    client.connect_ex(full.getsockname())
  nobody = socket.socket()
  nobody.bind((address, 0))
  ports = [server.sockets[0].getsockname()[1] for server in (http, deaf)]
  ports += [full.getsockname()[1], nobody.getsockname()[1], resets.sockets[0].getsockname()[1]]
  print(*ports, os.getpid(), flush=True)
  await asyncio.sleep(LONG * 24)


def end_with(parent):
  """The campaign's process does not tell when it ends."""
  while os.getppid() == parent:
    time.sleep(0.2)
  os._exit(0)


threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0))
