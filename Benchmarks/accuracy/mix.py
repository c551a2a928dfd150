# SPDX-License-Identifier: Apache-2.0
"""Clips and noise become the streams that the engines hear. Deterministic: each stream's random
numbers are seeded by its name."""
import zlib

import numpy as np

RATE = 16_000
FRAME = 320
COLOURS = ("white", "pink", "brown")


def generator(*name):
  return np.random.default_rng(zlib.crc32("|".join(map(str, name)).encode()))


def noise(count, colour, random):
  """Unit power: white, or falling by 3 (pink) or 6 dB (brown) an octave above 40 Hz."""
  spectrum = np.fft.rfft(random.standard_normal(count))
  frequency = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 40)
  made = np.fft.irfft(spectrum * frequency ** (-COLOURS.index(colour) / 2), count)
  return (made / np.sqrt(np.mean(made**2))).astype(np.float32)


def seconds(random, low, high):
  return int(RATE * random.uniform(low, high))


class Stream:
  """Clips one after the other, then noise over all of them and a level, then int16 frames."""

  def __init__(self):
    self.parts, self.length, self.items, self.power = [], 0, [], []

  def silence(self, count):
    self.parts.append(np.zeros(count, np.float32))
    self.length += count

  def clip(self, samples):
    """Returns where it begins and ends."""
    begin = self.length
    self.parts.append(samples.astype(np.float32))
    self.length += len(samples)
    self.power.append(np.mean(self.parts[-1] ** 2))
    return begin, self.length

  def item(self, text):
    """All since the last item is one, a whole number of frames, in which `text` is said."""
    self.silence(-self.length % FRAME)
    begin = self.items[-1][1] if self.items else 0
    self.items.append((begin, self.length, text))

  def write(self, path, snr, colour, random, gain=0.0):
    """`snr` in dB below the clips' mean power, None for clean; `gain` in dB."""
    sound = np.concatenate(self.parts)
    if snr is None:
      sound = sound + random.normal(0, 3, len(sound))
    else:
      level = np.sqrt(np.mean(self.power) / 10 ** (snr / 10))
      sound = sound + level * noise(len(sound), colour, random)
    sound = np.clip(np.round(sound * 10 ** (gain / 20)), -32768, 32767)
    sound.astype("<i2").tofile(path)
    with open(path[:-3] + "idx", "w") as index:
      for begin, end, text in self.items:
        index.write(f"{begin} {end - begin} {text}\n")


def noises(path, duration):
  """Noise without speech: steady at four levels and three colours, clicks, a tune, bursts. Returns
  the seconds written."""
  random = generator("noise")
  count = duration * RATE
  parts = []
  for level in (-56, -41, -26, -16):
    parts += [noise(count, colour, random) * 32768 * 10 ** (level / 20) for colour in COLOURS]
  clicks = np.zeros(count, np.float32)
  for place in random.integers(0, count - 4000, count // 6400):
    clicks[place : place + 400] += 8000 * np.exp(-np.arange(400) / 60) * random.standard_normal(400)
  tune = np.zeros(count, np.float32)
  time = np.arange(int(0.24 * RATE)) / RATE
  for begin in range(0, count - RATE, RATE // 4):
    tone = 220 * 2 ** (random.integers(0, 24) / 12)
    for harmonic, share in ((1, 1), (2, 0.5), (3, 0.33), (4, 0.2)):
      wave = np.sin(2 * np.pi * tone * harmonic * time) * np.exp(-time / 0.12)
      tune[begin : begin + len(time)] += 3500 * share * wave
  bursts = noise(count, "pink", random) * 3000
  bursts *= np.repeat(random.uniform(0, 1, count * 4 // RATE) > 0.5, RATE // 4)
  sound = np.concatenate(parts + [clicks, tune, bursts])
  np.clip(sound, -32768, 32767).astype("<i2").tofile(path)
  open(path[:-3] + "idx", "w").close()
  return len(sound) / RATE
