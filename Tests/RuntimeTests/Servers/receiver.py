#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver of messages, and a worker of which only the signs of life are wanted.

  receiver.py FOLDER

Each request is a line of JSON in FOLDER/received. FOLDER/status says how it is answered: a status, or
`cut` to close the connection, `mute` to say nothing; of several words the first, which is taken away.
`429/3` is a status with `Retry-After: 3`. Prints port and process first."""
import http.server
import json
import os
import sys
import threading
import time

FOLDER = sys.argv[1]
LOCK = threading.Lock()


def answer_now():
  """The first word of the file, which goes unless it is the last."""
  with LOCK:
    with open(FOLDER + "/status") as file:
      words = file.read().split()
    if len(words) > 1:
      with open(FOLDER + "/status", "w") as file:
        file.write(" ".join(words[1:]))
  return words[0]


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = "HTTP/1.1"

  def log_message(self, *_):
    pass

  def do_GET(self):
    self.take(b"")

  def do_POST(self):
    self.take(self.rfile.read(int(self.headers.get("Content-Length", 0))))

  def take(self, body):
    status, _, retry_after = answer_now().partition("/")
    row = {"ms": int(time.monotonic() * 1000), "path": self.path, "status": status, "key": self.headers.get("Idempotency-Key", ""),
           "secret": self.headers.get("Authorization", ""), "body": body.decode()}
    with LOCK, open(FOLDER + "/received", "a") as file:
      file.write(json.dumps(row) + "\n")
    if status == "mute":
      threading.Event().wait(30)
    if not status.isdigit():
      self.close_connection = True
      return
    answer = b"" if status == "204" else b'{"object": "list", "data": [{"id": "small"}]}'
    self.send_response(int(status))
    if retry_after:
      self.send_header("Retry-After", retry_after)
    if answer:
      self.send_header("Content-Type", "application/json")
      self.send_header("Content-Length", str(len(answer)))
    self.end_headers()
    self.wfile.write(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], os.getpid(), flush=True)
server.serve_forever()
