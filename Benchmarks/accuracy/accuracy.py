# SPDX-License-Identifier: Apache-2.0
"""Plays the corpus to the real engines and counts. Called by scripts/accuracy.

One table on the terminal, the same as Markdown in build/accuracy.md and a line of JSON per figure
in build/accuracy.jsonl. Exit 1 when a goal is missed on recorded voices."""
import argparse
import concurrent.futures
import json
import math
import os
import subprocess
import sys
import tempfile
import time

import corpus
import mix
import voices

HERE = os.path.dirname(os.path.abspath(__file__))
SNRS = {"clean": None, "30 dB": 30, "20 dB": 20, "10 dB": 10}
USUAL = ["clean", "20 dB", "10 dB"]
SMALL = os.path.join(HERE, "three.txt")
LARGE = os.path.join(HERE, "commands.txt")
# From the phrase's true end to the end that is told, at most.
WAKE_TOLERANCE = 6_400

ALL = "all"
# metric: (what it is, unit, {condition: (goal, "least" or "most")})
METRICS = {
    "wake": ("wake phrase heard", "%", {"clean": 97, "30 dB": 97, "20 dB": 97, "10 dB": 60}),
    "exchange": ("whole exchange right", "%", {"clean": 94, "30 dB": 94, "20 dB": 94}),
    "early": ("utterance cut early", "%", {"clean": -1, "30 dB": -1, "20 dB": -1}),
    "intent": ("command: intent right", "%", {"clean": 96, "30 dB": 96, "20 dB": 96}),
    "exact": ("command: every word right", "%", {}),
    "rejected": ("other speech rejected", "%", {"clean": 90, "20 dB": 90}),
    "rejected-small": ("the same, three commands", "%", {"clean": 90, "20 dB": 90}),
    "false-ordinary": ("false wakes, ordinary speech", "/h", {ALL: -1}),
    "false-near": ("false wakes, near misses", "/h", {ALL: -1}),
    "false-pairs": ("false wakes, nothing but near misses", "/h", {}),
    "false-noise": ("false wakes, noise", "/h", {ALL: 0}),
}


def interval(count, of, unit):
  """95 %: Wilson's for a share, in %; for a rate the bounds of Poisson's distribution, per hour."""
  if unit == "%":
    z, share = 1.96, count / of
    middle = (share + z * z / 2 / of) / (1 + z * z / of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / 4 / of / of) / (1 + z * z / of)
    return 100 * max(0, middle - half), 100 * min(1, middle + half)
  low = poisson(count, 0.975) if count else 0
  return low / of, poisson(count + 1, 0.025) / of


def poisson(count, tail):
  """The mean at which fewer than `count` events have the probability `tail`; by bisection."""
  low, high = 0, 20 + 3 * count
  for _ in range(60):
    mean = (low + high) / 2
    fewer = sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))
    low, high = (mean, high) if fewer > tail else (low, mean)
  return low


class Bench:
  def __init__(self, options, spoken):
    self.options, self.spoken = options, spoken
    self.counts = {}  # (metric, condition, voice) -> [right, of]
    self.details = []

  def count(self, metric, condition, voice, right, of=1):
    cell = self.counts.setdefault((metric, condition, voice.name), [0, 0])
    cell[0] += right
    cell[1] += of

  def engine(self, mode, path, *arguments):
    done = subprocess.run([self.options.tool, mode, path, *arguments], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
      sys.exit(f"accuracy: {mode} ended with {done.returncode}")
    return [line.split("\t") for line in done.stdout.splitlines()]

  # Each of these makes a stream in `path`, plays it, and counts.

  def exchanges(self, path, voice, condition, colour):
    """Wake phrase, 0.15–0.6 s, command: a continuous stream."""
    random = mix.generator("exchange", voice.name, condition, colour)
    spoken, stream, trials = self.spoken[voice], mix.Stream(), []
    order = random.permutation(len(spoken["command"]))
    trials_max = self.options.exchanges if voice.kind == "recorded" else self.options.exchanges // 2
    for number in range(trials_max):
      _, wake = spoken["wake"][number % len(spoken["wake"])]
      text, command = spoken["command"][order[number % len(order)]]
      stream.silence(mix.seconds(random, 0.6, 1.4))
      _, wake_end = stream.clip(wake)
      stream.silence(mix.seconds(random, 0.15, 0.6))
      begin, end = stream.clip(command)
      stream.silence(mix.RATE * 6 // 5)
      stream.item(text)
      trials.append((wake_end, begin, end, stream.length, text))
    stream.write(path, SNRS[condition], colour, random, random.uniform(-12, 0))
    lines = self.engine("exchange", path, LARGE, self.options.phrase)
    self.judge_exchanges(voice, condition, trials, lines)

  def judge_exchanges(self, voice, condition, trials, lines):
    start = 0
    for wake_end, begin, end, stop, text in trials:
      mine = [line for line in lines if start <= int(line[1]) < stop]
      wakes = [line for line in mine if line[0] == "wake" and abs(int(line[1]) - wake_end) < WAKE_TOLERANCE]
      heard = [line for line in mine if line[0] == "utterance"]
      right = len(heard) == 1 and heard[0][4] in ("exact", "intent")
      self.count("wake", condition, voice, bool(wakes))
      self.count("exchange", condition, voice, right)
      if wakes:
        self.count("early", condition, voice, any(int(line[3]) < end for line in heard))
      if not right or not wakes:
        self.details.append(("exchange", condition, voice.name, text, len(wakes), heard))
      start = stop

  def commands(self, path, voice, condition):
    self.sentences(path, voice, condition, "command", LARGE, ("exact", "intent"), "intent")

  def others(self, path, voice, condition):
    self.sentences(path, voice, condition, "other", LARGE, ("rejected", "nothing"), "rejected")

  def others_small(self, path, voice, condition):
    self.sentences(path, voice, condition, "other", SMALL, ("rejected", "nothing"), "rejected-small")

  def sentences(self, path, voice, condition, kind, grammar, right, metric):
    """Single utterances as the endpointer cuts them: 0.3 s before, 0.4 s after."""
    random = mix.generator(kind, voice.name, condition)
    stream = mix.Stream()
    # Every other command, so that two voices say all of them.
    clips = self.spoken[voice][kind]
    for text, clip in clips[list(self.spoken).index(voice) % 2 :: 2] if kind == "command" else clips:
      stream.silence(int(0.3 * mix.RATE))
      stream.clip(clip)
      stream.silence(int(0.42 * mix.RATE))
      stream.item(text)
    colour = ("white", "pink")[random.integers(2)]
    stream.write(path, SNRS[condition], colour, random, random.uniform(-12, 0))
    for line in self.engine("commands", path, grammar, self.options.phrase):
      text = stream.items[int(line[0])][2]
      self.count(metric, condition, voice, line[1] in right)
      if metric == "intent":
        self.count("exact", condition, voice, line[1] == "exact")
      if line[1] not in right:
        self.details.append((metric, condition, voice.name, text, *line[1:]))

  def speech(self, path, voice, condition, kinds, metric):
    """Speech without the phrase."""
    random = mix.generator(metric, voice.name, condition)
    stream = mix.Stream()
    for kind in kinds:
      for text, clip in self.spoken[voice][kind]:
        stream.clip(clip)
        stream.silence(mix.seconds(random, 0.3, 1.0))
    stream.item(metric)
    colour = ("white", "pink")[random.integers(2)]
    stream.write(path, SNRS[condition], colour, random, random.uniform(-12, 0))
    hits = [line for line in self.engine("wake", path, self.options.phrase) if line[2] == "1"]
    for where in (condition, ALL):
      self.count(metric, where, voice, len(hits), stream.length / mix.RATE / 3600)
    self.details += [(metric, condition, voice.name, *line) for line in hits]

  def noises(self, path):
    hours = mix.noises(path, self.options.noise_seconds) / 3600
    hits = [line for line in self.engine("wake", path, self.options.phrase) if line[2] == "1"]
    self.counts["false-noise", ALL, "noise"] = [len(hits), hours]

  def jobs(self):
    wanted = self.options.only
    for voice in self.spoken:
      for condition in self.options.conditions:
        if not wanted or "exchange" in wanted:
          for colour in ("white", "pink"):
            yield self.exchanges, voice, condition, colour
        if not wanted or "intent" in wanted:
          yield self.commands, voice, condition
        if condition == "30 dB" or voice.kind == "formant":
          continue
        if condition != "10 dB" and (not wanted or "rejected" in wanted):
          yield self.others, voice, condition
          yield self.others_small, voice, condition
        if not wanted or "false" in wanted:
          kinds = ("ordinary", "other", "command")
          yield self.speech, voice, condition, kinds, "false-ordinary"
          yield self.speech, voice, condition, ("near",), "false-near"
          yield self.speech, voice, condition, ("pairs",), "false-pairs"
    if not wanted or "false" in wanted:
      yield (self.noises,)

  def run(self, folder):
    jobs = list(self.jobs())
    done = 0

    def one(job):
      with tempfile.TemporaryDirectory(dir=folder) as scratch:
        job[0](f"{scratch}/stream.s16", *job[1:])

    with concurrent.futures.ThreadPoolExecutor(self.options.workers) as pool:
      for future in concurrent.futures.as_completed([pool.submit(one, job) for job in jobs]):
        future.result()
        done += 1
        if done % 20 == 0 or done == len(jobs):
          print(f"accuracy: {done}/{len(jobs)} streams heard", file=sys.stderr, flush=True)

  # Summing up.

  GROUPS = {
      "tuned": lambda voice: voice.kind == "recorded" and voice.split == "tuned",
      "held-out": lambda voice: voice.kind == "recorded" and voice.split == "held-out",
      "formant": lambda voice: voice.kind == "formant",
  }

  def figures(self):
    """One record per metric and condition with the value per group."""
    for metric, (title, unit, goals) in METRICS.items():
      for condition in [ALL, *SNRS]:
        cells = {}
        for group, belongs in self.GROUPS.items():
          names = [voice.name for voice in self.spoken if belongs(voice)] + ["noise"]
          found = [self.counts[key] for key in self.counts if key[:2] == (metric, condition) and key[2] in names]
          of = sum(cell[1] for cell in found)
          if of:
            count = sum(cell[0] for cell in found)
            value = count / of * (100 if unit == "%" else 1)
            bounds = [round(bound, 1) for bound in interval(count, of, unit)]
            cells[group] = (round(value, 1), round(of, 2), bounds)
        if cells:
          yield dict(metric=metric, title=title, unit=unit, condition=condition,
                     goal=goals.get(condition), groups=cells)


def meets(goal, value):
  return value >= goal if goal > 0 else value <= -goal


def table(figures):
  """Rows of cells, and how many goals the recorded voices miss."""
  rows, missed = [], 0
  for figure in figures:
    goal, unit = figure["goal"], figure["unit"]
    row = [figure["title"], figure["condition"]]
    row.append("" if goal is None else f"{'≥' if goal > 0 else '≤'} {abs(goal)} {unit}")
    for group in Bench.GROUPS:
      value, of, bounds = figure["groups"].get(group, (None, 0, None))
      if figure["metric"] == "false-noise" and group != "tuned":
        value = None
      is_missed = value is not None and goal is not None and group != "formant" and not meets(goal, value)
      missed += is_missed
      if value is None:
        row.append("")
        continue
      size = f"{of:.2f} h" if unit == "/h" else f"of {of}"
      cell = f"{value} {unit} ({bounds[0]:g}–{bounds[1]:g}; {size})"
      row.append(f"{cell} **missed**" if is_missed else cell)
    rows.append(row)
  return rows, missed


def show(rows, file):
  head = ["what", "SNR", "goal", "recorded, tuned on", "recorded, held out", "formant"]
  widths = [max(len(row[index]) for row in [head, *rows]) for index in range(len(head))]
  for row in [head, ["-" * width for width in widths], *rows]:
    print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |", file=file)


def arguments():
  parser = argparse.ArgumentParser(prog="scripts/accuracy", description=__doc__.splitlines()[0])
  parser.add_argument("--tool", help=argparse.SUPPRESS)
  parser.add_argument("--folder", default="build", help="where corpus and results go (build)")
  parser.add_argument("--phrase", default="hey jarvis", help="wake phrase, as mtor-speech --wake takes it")
  parser.add_argument("--quick", action="store_true", help="fewer trials of each kind: minutes, not certainty")
  parser.add_argument("--voice", action="append", help="only this voice, or 'tuned', 'held-out', 'recorded'; repeat for more")
  parser.add_argument("--snr", action="append", choices=list(SNRS), help="only this condition; repeat for more")
  parser.add_argument("--only", action="append", choices=["exchange", "intent", "rejected", "false"])
  parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes at the same time")
  parser.add_argument("--details", help="write each error to this file")
  options = parser.parse_args()
  options.conditions = options.snr or USUAL
  # 204 exchanges a cell of six voices; half an hour of noise.
  options.exchanges, options.noise_seconds = (5, 20) if options.quick else (17, 120)
  return options


def main():
  options = arguments()
  wanted = options.voice
  chosen = [v for v in voices.VOICES if not wanted or {v.name, v.split, v.kind} & set(wanted)]
  started = time.monotonic()
  folder = f"{options.folder}/corpus"
  bench = Bench(options, corpus.generate(chosen, options.phrase.split("@")[0], folder, options.workers))
  bench.run(folder)
  figures = list(bench.figures())
  with open(f"{options.folder}/accuracy.jsonl", "w") as file:
    for figure in figures:
      print(json.dumps(figure), file=file)
  if options.details:
    with open(options.details, "w") as file:
      for detail in sorted(bench.details, key=str):
        print(*detail, sep="\t", file=file)
  rows, missed = table(figures)
  show(rows, sys.stdout)
  with open(f"{options.folder}/accuracy.md", "w") as file:
    show(rows, file)
  print(f"accuracy: {missed} goals missed on recorded voices, {time.monotonic() - started:.0f} s")
  return 1 if missed else 0


if __name__ == "__main__":
  sys.exit(main())
