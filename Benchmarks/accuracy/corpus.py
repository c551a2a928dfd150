# SPDX-License-Identifier: Apache-2.0
"""What is said in the accuracy corpus, and the spoken clips, kept in build/corpus."""
import concurrent.futures
import hashlib
import os
import tempfile
import threading

import numpy as np

import voices

COMMANDS = """\
turn on the kitchen light
turn off the kitchen light
switch on the bedroom lights
switch off the bathroom light
turn the hallway light on
turn the garage light off
turn off all the lights
turn on the living room lights
dim the bedroom lights
dim the office light
set the living room lights to fifty percent
turn on the garden lights
turn off the heater
turn on the heater
turn on the fan
turn off the fan
switch on the television
turn off the radio
start the coffee machine
turn off the oven
turn on the air conditioner
arm the alarm
disarm the alarm
lock the front door
unlock the back door
is the front door locked
close the garage door
open the garage door
what time is it
what is the date today
what day is it
set an alarm for seven o'clock
cancel the alarm
set a timer for ten minutes
set a timer for thirty seconds
set a timer for two hours
cancel the timer
how much time is left
stop the timer
set volume to five
set the volume to ten
volume up
volume down
mute the sound
set the temperature to twenty degrees
set the temperature to twenty one degrees
make it warmer
make it cooler
what is the temperature
play some music
stop the music
pause the music
next song
previous song
resume the music
skip this song
open the blinds
close the curtains
raise the blinds
what is the weather
will it rain tomorrow
good night
good morning
stop
never mind
help""".split("\n")

OTHER = """\
where have you put my shoes
i think we should go home now
can you pass the salt please
that film was really boring
the dog has to go outside
please buy some milk and bread
my sister is coming on friday
my sister is coming on friday with the children
did you hear what she said
let us have pizza tonight
nobody told me about the meeting
the train leaves in an hour
i forgot my umbrella again
she lives near the river
it costs more than i thought
call the doctor in the morning
who won the match yesterday
the children are asleep upstairs
we need more paper for the printer
look at that beautiful sunset
he never answers his phone
tell me a funny story
how do you spell necessary
the soup is far too hot
write that down somewhere
the garden is full of birds
is there any coffee left
he turned left at the second light""".split("\n")

# Ordinary running speech; speech with words in it that resemble wake phrases, which is judged; and speech
# of hardly anything else.
ORDINARY = """\
The council meets on Thursday to talk about the budget, and several members have complained about the cost of the bridge.
My train was late again this morning, so I walked from the station in the rain without an umbrella.
The probe has entered its orbit around the distant moon and will begin to map the surface next week.
The price of copper and other metals went on falling while the traders waited for the results of the vote.
She put the flour, the butter and two eggs into the bowl, mixed them for ten minutes and left the dough near the oven.
When it is warm we open the windows and listen to the birds until the neighbours turn their music on.
The old house by the river had been empty for years, but a light was sometimes seen in the upper window.
The new law asks every company to report what it imports, what it exports, and how many people work there.
In sport, the home team lost by two goals after a disputed penalty, and the coach would not speak to the press.
I would like a table for four at half past seven, near the window if possible; one of us does not eat fish.
Put the chair next to the table, close the box, and bring me the long screwdriver from the drawer under the stairs.
Doctors recommend eight hours of sleep and a short walk after lunch, above all for people who sit at a desk.
The museum is closed on Mondays, but the shop and the restaurant stay open until six in the evening.""".split("\n")
NEAR = """\
The committee will meet on Thursday to review the annual budget, and several members have already complained about the cost of the new building.
My commuter train was late again this morning, so I had to walk from the station in the rain without an umbrella.
Scientists announced that the probe had entered orbit around the distant moon and would begin to compute its surface map next week.
Hey Peter, come over here and look at this. Hello Martin, how are you doing today? Okay, assist them with the luggage, please.
The price of copper and other metals continued to fall, as traders waited for the results of the election in the southern provinces.
She put the flour, the butter and two eggs into the bowl, mixed them for ten minutes and left the dough to rest near the oven.
The competition was marvelous, and the computing team was the most competent of all, although the charges against them were never dropped.
When the weather is warm we open the windows and listen to the birds in the garden until the neighbours turn their music on.
He said that the old house by the river had been empty for years, but that a light was sometimes seen in the upper window.
The new law requires every company to report its imports, exports, and the number of people it employs in each region.
In sports news, the home team lost by two goals after a disputed penalty, and the coach refused to speak to the press.
I would like a table for four at half past seven, near the window if possible, and one of us does not eat fish.
Hey commuter, you dropped your ticket. Hello, my vine is growing. Hay for the pewter horses is in the barn. Are there any computations left?
Put the chair next to the table, close the box, and bring me the long screwdriver from the drawer under the stairs.
Doctors recommend at least eight hours of sleep and a short walk after lunch, especially for people who sit at a desk all day.
The museum is closed on Mondays, but the gift shop and the restaurant stay open until six in the evening.""".split("\n")
PAIRS = """\
Hey Peter, come over here and look at this. Hello Martin, how are you today? Okay, assist them with the boxes, please.
Hey Travis, is the service station open? Hey Charles, have you seen the jars? They jar us with their noise.
The harvest was marvellous. Hey, Jaguars are fast, and the charges against Jarvey were never dropped.
Hey Java developers, the jar file is in the archive. Say, Janice, did the guard visit? Hey, Chavez scored twice!
Hay for the horses is in the barn. They harvest the barley in July. Hey Marvin, hey Davis, hey Jason, come in.""".split("\n")

WAKES = [(text, stretch) for text in ("{}", "{}!", "{}?") for stretch in (0.9, 1.0, 1.12)]


def script(wake):
  """(kind, text, stretch) of each clip of a voice."""
  rows = [("command", text, 1.0) for text in COMMANDS] + [("other", text, 1.0) for text in OTHER]
  rows += [("ordinary", text, 1.0) for text in ORDINARY]
  rows += [("near", text, stretch) for stretch in (1.0, 0.88) for text in NEAR]
  rows += [("pairs", text, 1.0) for text in PAIRS]
  return rows + [("wake", form.format(wake), stretch) for form, stretch in WAKES]


def clips(voice, wake, folder):
  """{kind: [(text, samples)]} of a voice, spoken now or kept from an earlier run."""
  rows = script(wake)
  key = hashlib.sha256(repr((voice, rows)).encode()).hexdigest()[:12]
  path = f"{folder}/{voice.name}-{key}.npz"
  if not os.path.exists(path):
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
      spoken = voices.speak(voice, [row[1:] for row in rows], scratch)
      temporary = f"{scratch}/clips.npz"
      np.savez(temporary, lengths=[len(clip) for clip in spoken], samples=np.concatenate(spoken))
      os.rename(temporary, path)
  store = np.load(path)
  found = {}
  for (kind, text, _), clip in zip(rows, np.split(store["samples"], np.cumsum(store["lengths"])[:-1])):
    found.setdefault(kind, []).append((text, clip))
  return found


def generate(chosen, wake, folder, workers):
  """{voice: clips}; voices that this machine does not have are named and left out."""
  os.makedirs(folder, exist_ok=True)
  lock, spoken = threading.Lock(), {}

  def one(voice):
    try:
      made = clips(voice, wake, folder)
    except Exception as problem:  # a voice package may be missing: say so, measure the others
      with lock:
        print(f"corpus: no voice '{voice.name}': {problem}", flush=True)
      return
    with lock:
      spoken[voice] = made
      seconds = sum(len(clip) for kind in made.values() for _, clip in kind) / voices.RATE
      print(f"corpus: {len(spoken):2}/{len(chosen)} {voice.name}, {seconds:.0f} s", flush=True)

  with concurrent.futures.ThreadPoolExecutor(workers) as pool:
    list(pool.map(one, chosen))
  return {voice: spoken[voice] for voice in chosen if voice in spoken}
