#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program that is kept: answers each line with its process, the text and the media, in two pieces; fails as
the text says. "late": says more to the request before."""
import json
import os
import sys
import time


def say(**answer):
  print(json.dumps({"id": asked["id"], **answer}), flush=True)


former = None
asked = {}
for line in sys.stdin:
  former, asked = asked.get("id"), json.loads(line)
  text = asked["text"]
  if text == "die":
    sys.exit(3)
  elif text == "hang":
    time.sleep(1000)
  elif text == "babble":
    lines = [{"id": asked["id"], "end": True}, {"id": asked["id"], "text": "more"}]
    # In one write, which print() does not promise.
    os.write(1, "".join(json.dumps(line) + "\n" for line in lines).encode())
  elif text == "nameless":
    print('{"text": "for whom?", "end": true}', flush=True)
  elif text == "late":
    say(id=former, text="more")
    say(text="in time", end=True)
  elif text == "fail":
    say(error="no model", kind="unsupported")
  else:
    say(text=str(os.getpid()))
    say(text=" " + text, media=asked.get("media", []), end=True)
