#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Starts a server that chooses no port itself: prints port and process once it can be reached, and ends it
when whoever started this has ended.

  start.py COMMAND…     with {port} in one of its words"""
import os
import random
import socket
import subprocess
import sys
import time

parent = os.getppid()


def free_port():
  """None that the kernel gives to those who leave it to choose: the server takes seconds until it listens."""
  while True:
    port = random.randrange(20_000, 32_000)
    try:
      with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
        return port
    except OSError:
      pass


port = free_port()
server = subprocess.Popen(
  [word.replace("{port}", str(port)) for word in sys.argv[1:]],
  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def is_wanted():
  return server.poll() is None and os.getppid() == parent


while is_wanted():
  try:
    socket.create_connection(("127.0.0.1", port), timeout=1).close()
    print(port, server.pid, flush=True)
    break
  except OSError:
    time.sleep(0.2)
while is_wanted():
  time.sleep(0.2)
server.kill()
