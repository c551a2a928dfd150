#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A program that is kept: answers each line with its process, the text and the media, in two pieces; fails as
the text says."""
import json
import os
import sys
import time


def say(**answer):
  print(json.dumps(answer), flush=True)


for line in sys.stdin:
  asked = json.loads(line)
  text = asked["text"]
  if text == "die":
    sys.exit(3)
  elif text == "hang":
    time.sleep(1000)
  elif text == "babble":
    print('{"end": true}\n{"text": "more"}', flush=True)
  elif text == "fail":
    say(error="no model", kind="unsupported")
  else:
    say(text=str(os.getpid()))
    say(text=" " + text, media=asked.get("media", []), end=True)
