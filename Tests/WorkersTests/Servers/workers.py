#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Workers as they answer on the wire: OpenAI's and Anthropic's APIs, RENT-A-HAL's workers. What they
say depends on what they are asked, so that tests see what arrived. Prints port and process first.

  workers.py [CERTIFICATE KEY]"""
import base64
import http.server
import json
import os
import ssl
import sys
import threading
import time

PNG = b"\x89PNG\r\n\x1a\nimage"
WAV = b"RIFF\x00\x00\x00\x00WAVEsound"


GATE = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = "HTTP/1.1"

  def log_message(self, *_):
    pass

  def parse_request(self):
    """What a proxy is asked for has an address in front of its path."""
    is_fine = super().parse_request()
    if is_fine and self.path.startswith("http://"):
      self.path = "/" + self.path.split("/", 3)[3]
    return is_fine

  def do_GET(self):
    if self.path == "/v1/models":
      self.json(200, {"object": "list", "data": [{"id": "small"}, {"id": "large"}]})
    elif self.path == "/health":
      self.json(200, {"status": "healthy"})
    elif self.path == "/llama/v1/models":
      self.json(200, {"object": "list", "data": [{"id": "small", "owned_by": "llamacpp"}]})
    elif self.path == "/llama/props":
      self.json(200, {"default_generation_settings": {}, "total_slots": 4})
    elif self.path == "/oldllama/v1/models":
      self.json(200, {"object": "list", "data": [{"id": "small", "owned_by": "llamacpp"}]})
    elif self.path == "/busy/v1/models":
      self.json(503, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})
    elif self.path == "/breaks/v1/models":
      self.json(500, {"error": {"message": "out of memory"}})
    elif self.path == "/locked/v1/models":
      self.json(403, {"error": {"message": "no"}})
    elif self.path == "/gate":
      GATE.set()
      self.json(200, {})
    elif self.path == "/whisper/health":
      self.json(200, {"status": "ok"})
    else:
      self.json(404, {"detail": "Not Found"})

  def do_POST(self):
    self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
    name = "on_" + self.path.strip("/").replace("/", "_")
    getattr(self, name, self.unknown)()

  def unknown(self):
    self.json(404, {"detail": "Not Found"})

  def send(self, status, kind, body, *fields):
    self.send_response(status)
    self.send_header("Content-Type", kind)
    self.send_header("Content-Length", str(len(body)))
    for name, value in fields:
      self.send_header(name, value)
    self.end_headers()
    self.wfile.write(body)

  def json(self, status, value, *fields):
    self.send(status, "application/json", json.dumps(value).encode(), *fields)

  def events(self, texts):
    """Cut in the middle of a character, with a comment as some servers send it to stay awake."""
    self.send_response(200)
    self.send_header("Content-Type", "text/event-stream; charset=utf-8")
    self.send_header("Connection", "close")
    self.end_headers()
    data = b": ping\n\n" + b"".join(text.encode() + b"\n\n" for text in texts)
    for start in range(0, len(data), 7):
      self.wfile.write(data[start : start + 7])
      self.wfile.flush()
      if b"\n" in data[start : start + 7]:
        time.sleep(0.05)
    self.close_connection = True

  # OpenAI

  def on_v1_chat_completions(self):
    asked = json.loads(self.body)
    user = asked["messages"][-1]["content"]
    model = asked.get("model")
    if model == "busy":
      return self.json(429, {"error": {"message": "Rate limit reached"}}, ("Retry-After", "3"))
    if model == "unknown":
      return self.json(404, {"error": {"message": "The model `unknown` does not exist"}})
    if model == "plain":
      return self.json(200, {"choices": [{"message": {"role": "assistant", "content": "plain answer"}}]})
    if model == "tools":
      call = {"id": "c1", "type": "function", "function": {"name": "light", "arguments": "{}"}}
      return self.json(200, {"choices": [{"message": {"content": None, "tool_calls": [call]}}]})
    chunk = lambda delta: "data: " + json.dumps({"choices": [{"index": 0, "delta": delta}]}, ensure_ascii=False)
    if model == "calls too much":
      part = {"tool_calls": [{"index": 0, "function": {"name": "light", "arguments": "x" * 300000}}]}
      ending = {"choices": [{"index": 0, "delta": part, "finish_reason": "tool_calls"}]}
      return self.send(200, "text/event-stream", b"data: " + json.dumps(ending).encode() + b"\n\n")
    if model in ("streams tools", "calls too far"):
      call = lambda index, **part: chunk({"tool_calls": [{"index": index, **part}]})
      parts = [
        call(0, id="c1", type="function", function={"name": "light", "arguments": ""}),
        call(0, function={"arguments": '{"room":'}),
        call(1, id="c2", type="function", function={"name": "fan", "arguments": "{}"}),
        call(0, function={"arguments": '"hall"}'}),
      ]
      if model == "calls too far":
        parts.append(call(3, function={"arguments": "{}"}))
      ending = {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}
      return self.events(parts + ["data: " + json.dumps(ending), "data: [DONE]"])
    if model == "breaks":
      return self.events([chunk({"content": "half"}), 'data: {"error":{"message":"out of memory"}}'])
    if model == "dies":
      return self.events([chunk({"content": "half"})])
    if model == "empty":
      return self.events([])
    if model == "stops":
      ending = {"choices": [{"index": 0, "delta": {"content": " of it"}, "finish_reason": "stop"}]}
      return self.events([chunk({"content": "all"}), "data: " + json.dumps(ending)])
    if model == "gated":
      # The second sentence comes when somebody has asked for /gate.
      self.events([chunk({"content": "The first sentence is here. "})])
      GATE.wait(60)
      self.wfile.write((chunk({"content": "The second one came later."}) + "\n\ndata: [DONE]\n\n").encode())
      return
    if model == "stalls":
      self.events([chunk({"content": "half"})])
      self.wfile.flush()
      return time.sleep(30)
    if isinstance(user, list):
      said = [part["type"] for part in user]
      image = [part["image_url"]["url"] for part in user if part["type"] == "image_url"]
      said += [base64.b64decode(url.split(",")[1]).decode() for url in image]
      user = " ".join(said)
    words = [f"you said: ", user, " – grüße", "", f" {asked['messages'][0]['role']} {self.headers.get('Authorization')}"]
    ending = ['data: {"choices":[],"usage":{"total_tokens":3}}', "data: [DONE]"]
    self.events([chunk({"role": "assistant"})] + [chunk({"content": word}) for word in words] + ending)

  def on_v1_audio_transcriptions(self):
    kind, _, boundary = self.headers["Content-Type"].partition("; boundary=")
    parts = self.body.split(b"--" + boundary.encode())
    names = [part.split(b'name="')[1].split(b'"')[0].decode() for part in parts if b'name="' in part]
    file = [part for part in parts if b'name="file"' in part][0]
    sound = file.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n", 1)[0]
    self.json(200, {"text": f"{kind} {sorted(names)} {len(sound)} {b'speech.wav' in file}"})

  def on_v1_audio_speech(self):
    asked = json.loads(self.body)
    if asked["input"] == "a page":
      return self.send(200, "text/html; charset=utf-8", b"<!doctype html>")
    if asked["input"] == "noise":
      return self.send(200, "audio/wav", b"no sound")
    self.send(200, "audio/wav", WAV + asked["input"].encode() + asked["response_format"].encode())

  def on_v1_images_generations(self):
    asked = json.loads(self.body)
    assert asked["response_format"] == "b64_json", asked
    self.json(200, {"data": [{"b64_json": base64.b64encode(PNG + asked["prompt"].encode()).decode()}]})

  # Anthropic

  def on_v1_messages(self):
    asked = json.loads(self.body)
    if self.headers.get("x-api-key") != "s3cret" or self.headers.get("anthropic-version") != "2023-06-01":
      return self.json(401, {"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}})
    if asked["model"] == "overloaded":
      return self.json(529, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    parts = asked["messages"][0]["content"]
    text = " ".join(part.get("text", part["type"]) for part in parts) + f" {asked['max_tokens']}"
    event = lambda kind, **value: f"event: {kind}\ndata: " + json.dumps({"type": kind, **value}, ensure_ascii=False)
    if asked["model"] == "overloads":
      return self.events([event("error", error={"type": "overloaded_error", "message": "Overloaded"})])
    delta = lambda text: event("content_block_delta", index=0, delta={"type": "text_delta", "text": text})
    start = event("message_start", message={"id": "m", "role": "assistant"})
    self.events([start, event("ping"), delta("heard: "), delta(text), event("message_stop")])

  # RENT-A-HAL: its framework answers a path without its slash by a redirect

  def on_predict(self):
    if self.path == "/predict":
      return self.send(307, "text/plain", b"", ("Location", "/predict/"))
    asked = json.loads(self.body)
    if "audio" in asked:
      return self.json(200, {"text": f"{len(base64.b64decode(asked['audio']))} bytes", "segments": [], "language": "en"})
    if "type" not in asked:
      sound = base64.b64encode(WAV + asked["prompt"].encode()).decode()
      return self.json(200, {"audio_base64": sound, "sample_rate": 24000})
    if asked["prompt"] == "fail":
      return self.json(500, {"detail": "ollama: model not found"})
    image = base64.b64decode(asked.get("image", "")).decode()
    self.json(200, {"response": " ".join([asked["type"], asked["model_type"], asked["model_name"], asked["prompt"], image])})

  def on_sdapi_v1_txt2img(self):
    asked = json.loads(self.body)
    self.json(200, {"images": [base64.b64encode(PNG + asked["sampler_name"].encode()).decode()], "info": ""})


def end_with(parent):
  """The tests' process does not tell when it ends."""
  while os.getppid() == parent:
    time.sleep(0.2)
  os._exit(0)


threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
http.server.ThreadingHTTPServer.request_queue_size = 256
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
  server.daemon_threads = True
  if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
  print(server.server_address[1], os.getpid(), flush=True)
  server.serve_forever()
