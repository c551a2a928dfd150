# SPDX-License-Identifier: Apache-2.0
"""The voices of the corpus: who speaks, how, and who may be tuned on.

`recorded` voices are made of recorded speech, and the goals are judged on them; `formant` voices are
reported. Thresholds were chosen on the `tuned` ones; the `held-out` ones were only measured."""
import collections
import subprocess

import numpy as np

RATE = 16_000
Voice = collections.namedtuple("Voice", "name kind split engine base stretch pitch")


def _voice(name, split, engine, base, stretch=1.0, pitch=None):
  kind = "formant" if engine == "espeak" else "recorded"
  return Voice(name, kind, split, engine, base, stretch, pitch)


VOICES = [
    _voice("slt", "tuned", "flite", "slt"),
    _voice("rms", "tuned", "flite", "rms"),
    _voice("kal16", "tuned", "flite", "kal16"),
    _voice("slt-fast", "tuned", "flite", "slt", 0.8),
    _voice("rms-slow", "tuned", "flite", "rms", 1.2),
    _voice("kal-festival", "tuned", "festival", "voice_kal_diphone"),
    _voice("awb", "held-out", "flite", "awb"),
    _voice("slt-high", "held-out", "flite", "slt", 1.1, 225),
    _voice("kal16-fast", "held-out", "flite", "kal16", 0.85, 130),
    _voice("rms-fast", "held-out", "flite", "rms", 0.85),
    _voice("ked", "held-out", "festival", "voice_ked_diphone"),
    _voice("slt-hts", "held-out", "festival", "voice_cmu_us_slt_arctic_hts"),
    _voice("es-us", "tuned", "espeak", "en-us", 150),
    _voice("es-us-f2", "tuned", "espeak", "en-us+f2", 140, 55),
    _voice("es-gb-m4", "held-out", "espeak", "en-gb+m4", 130),
    _voice("es-us-m3", "held-out", "espeak", "en-us+m3", 160, 45),
]


def speak(voice, items, folder):
  """The items, (text, stretch) each, as floats of one int16 range, trimmed to the speech."""
  paths = [f"{folder}/{index}.wav" for index in range(len(items))]
  if voice.engine == "festival":
    _festival(voice, items, paths, folder)
  else:
    for item, path in zip(items, paths):
      subprocess.run(_command(voice, *item, path), check=True, stdout=subprocess.DEVNULL)
  return [_trimmed(_load(path)) for path in paths]


def _command(voice, text, stretch, path):
  if voice.engine == "espeak":
    rate = round(voice.stretch / stretch)
    return ["espeak-ng", "-v", voice.base, "-s", str(rate), "-p", str(voice.pitch or 50), "-w", path, text]
  pitch = ["--setf", f"int_f0_target_mean={voice.pitch}"] if voice.pitch else []
  stretch = ["--setf", f"duration_stretch={voice.stretch * stretch:.3f}"]
  return ["flite", "-voice", voice.base, *stretch, *pitch, "-t", text, "-o", path]


def _festival(voice, items, paths, folder):
  """One process for all: it takes long to start."""
  lines = [f"({voice.base})"]
  for (text, stretch), path in zip(items, paths):
    lines.append(f"(Parameter.set 'Duration_Stretch {voice.stretch * stretch:.3f})")
    lines.append(f'(utt.save.wave (utt.synth (Utterance Text "{text}")) "{path}")')
  script = f"{folder}/say.scm"
  with open(script, "w") as file:
    file.write("\n".join(lines))
  subprocess.run(["festival", "-b", script], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _load(path):
  sox = ["sox", "-V1", "-R", path, "-t", "raw", "-r", str(RATE), "-c", "1", "-b", "16", "-e", "signed", "-"]
  raw = subprocess.run(sox + ["gain", "-n", "-6"], check=True, stdout=subprocess.PIPE).stdout
  return np.frombuffer(raw, dtype="<i2")


def _trimmed(samples):
  """From the first to the last 10 ms that are within 40 dB of the loudest."""
  power = samples.astype(np.float32) ** 2
  level = np.sqrt(np.convolve(power, np.ones(160) / 160, "same"))
  loud = np.nonzero(level > level.max() * 0.01)[0]
  return samples[loud[0] : loud[-1] + 1]
