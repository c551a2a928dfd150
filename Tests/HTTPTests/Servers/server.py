#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An HTTP server that behaves, or misbehaves, as the path says. Prints its port and process first.

  server.py [CERTIFICATE KEY]     with both: HTTPS
"""
import os
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time


class Handler(socketserver.StreamRequestHandler):
  timeout = 60

  def setup(self):
    if tls:
      self.request = tls.wrap_socket(self.request, server_side=True)
    super().setup()

  def handle(self):
    while True:
      line = self.rfile.readline(65537)
      if not line.strip():
        return
      self.method, target, _ = line.decode().split(" ", 2)
      self.path, _, self.query = target.partition("?")
      self.fields = {}
      while (field := self.rfile.readline(65537).strip()):
        name, _, value = field.decode("latin-1").partition(":")
        self.fields[name.lower()] = value.strip()
      self.body = self.rfile.read(int(self.fields.get("content-length", 0)))
      action = getattr(self, "do_" + self.path.strip("/").replace("-", "_"), None)
      if action is None:
        self.answer(404, b"no such path")
      elif action() == "close":
        return

  def answer(self, status, body=b"", *fields):
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *fields, "", ""]
    self.say("\r\n".join(lines).encode() + (b"" if self.method == "HEAD" else body))

  def say(self, data):
    self.wfile.write(data)
    self.wfile.flush()

  # Well-behaved

  def do_echo(self):
    secret = self.fields.get("authorization", "none")
    self.answer(200, self.body, f"X-Method: {self.method}", f"X-Seen: {secret}", f"X-Query: {self.query}")

  def do_large(self):
    self.answer(200, bytes(range(256)) * (int(self.query) // 256))

  def do_peer(self):
    self.answer(200, str(self.client_address[1]).encode())

  def do_leave(self):
    self.answer(200, b"good-bye")
    return "close"

  def do_late(self):
    # Later than any timer of libcurl's that is not a limit: 1 s.
    time.sleep(1.5)
    self.answer(200, b"at last")

  def do_stream(self):
    self.say(b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\n\r\n")
    for index in range(5):
      data = f"data: {index}\n\n".encode()
      self.say(f"{len(data):x}\r\n".encode() + data + b"\r\n")
      time.sleep(0.02)
    self.say(b"0\r\n\r\n")

  def do_busy(self):
    self.answer(503, b"busy", "Retry-After: 7")

  def do_date(self):
    self.answer(429, b"", "Retry-After: Fri, 31 Dec 2199 23:59:59 GMT")

  def do_moved(self):
    self.answer(307, b"elsewhere", "Location: /echo")

  def do_away(self):
    self.answer(307, b"", "Location: http://127.0.0.1:9/echo")

  def do_round(self):
    self.answer(308, b"", "Location: /round")

  # Badly behaved

  def do_mute(self):
    time.sleep(30)
    return "close"

  def do_slow(self):
    self.say(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
      self.say(b"x")
      time.sleep(0.05)

  def do_stall(self):
    self.say(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\nbegin")
    time.sleep(30)
    return "close"

  def do_reset(self):
    self.say(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\nbegin")
    self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    self.request.close()
    return "close"

  def do_cut(self):
    self.say(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\nbegin")
    return "close"

  def do_garbage(self):
    self.say(os.urandom(2000))
    return "close"

  def do_nothing(self):
    return "close"

  def do_endless(self):
    self.say(b"HTTP/1.1 200 X\r\n\r\n")
    while True:
      self.say(b"x" * 65536)

  def do_headers(self):
    self.say(b"HTTP/1.1 200 X\r\n")
    while True:
      self.say(b"X-Filler: " + b"y" * 1000 + b"\r\n")


class Server(socketserver.ThreadingTCPServer):
  allow_reuse_address = True
  daemon_threads = True
  request_queue_size = 256

  def handle_error(self, request, client_address):
    pass


def end_with(parent):
  """The tests' process does not tell when it ends."""
  while os.getppid() == parent:
    time.sleep(0.2)
  os._exit(0)


threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
tls = None
if len(sys.argv) == 3:
  tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  tls.load_cert_chain(sys.argv[1], sys.argv[2])
with Server(("127.0.0.1", 0), Handler) as server:
  print(server.server_address[1], os.getpid(), flush=True)
  server.serve_forever()
