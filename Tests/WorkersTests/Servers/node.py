#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Another node, as docs/workers.md describes what nodes say to each other. What it answers depends on the
intent's text, so that tests see what arrived. Prints port and process first.

  node.py NAME"""
import http.server
import json
import os
import sys
import threading
import time

HOPS = 4


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = "HTTP/1.1"

  def log_message(self, *_):
    pass

  def answer(self, status, body):
    self.send_response(status)
    self.send_header("Content-Type", "application/json")
    self.send_header("Content-Length", str(len(body)))
    self.end_headers()
    self.wfile.write(body)

  def do_GET(self):
    if self.path != "/v1/node":
      return self.answer(404, b"{}")
    self.answer(200, json.dumps({"node": name, "realms": ["$CHAT"], "models": ["small"], "slots": 7}).encode())

  def do_POST(self):
    intent = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
    via = [node.strip() for node in self.headers.get("Mtor-Via", "").split(",") if node.strip()]
    if name in via or len(via) > HOPS:
      return self.answer(508, json.dumps({"error": {"message": f"came through {', '.join(via)}"}}).encode())
    self.send_response(200)
    self.send_header("Content-Type", "text/event-stream")
    self.send_header("Connection", "close")
    self.end_headers()
    self.close_connection = True
    text = intent["text"]
    self.event("piece", {"text": "half "})
    if text == "die":
      return
    if text in ("rejected", "expired", "failed"):
      return self.event("outcome", {"outcome": text, "reason": f"it was {text}"})
    if text == "another":
      return self.event("outcome", {"outcome": "completed", "text": "something else"})
    if text == "nonsense":
      return self.event("outcome", {"outcome": "perhaps"})
    budget = int(self.headers["Mtor-Budget-Ms"])
    if not 0 < budget <= intent["budget_ms"] + 1:
      return self.event("outcome", {"outcome": "failed", "reason": f"{budget}, {intent['budget_ms']}"})
    fields = [intent[key] for key in ("realm", "priority", "origin", "idempotent")]
    media = [item["type"] + " " + item["data"] for item in intent.get("media", [])]
    said = f"{name} {fields} {via} {intent.get('user')} {media} {text}"
    self.event("piece", {"text": said})
    self.event("outcome", {"outcome": "completed"})

  def event(self, kind, value):
    self.wfile.write(f"event: {kind}\ndata: {json.dumps(value)}\n\n".encode())
    self.wfile.flush()


def end_with(parent):
  """The tests' process does not tell when it ends."""
  while os.getppid() == parent:
    time.sleep(0.2)
  os._exit(0)


name = sys.argv[1]
threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
  server.daemon_threads = True
  print(server.server_address[1], os.getpid(), flush=True)
  server.serve_forever()
