#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client made with the real Python library: talks to the service at argv[1], prints what it
understood, one line per answer."""
import asyncio
import sys

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize


async def main() -> None:
    async with AsyncClient.from_uri(sys.argv[1]) as client:
        await client.write_event(Describe().event())
        info = Info.from_event(await client.read_event())
        print("info", info.asr[0].models[0].name, info.wake[0].models[0].phrase,
              info.tts[0].voices[0].languages)
        await client.write_event(Ping(text="é").event())
        print("pong", Pong.from_event(await client.read_event()).text)
        form = dict(rate=16000, width=2, channels=1)
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(**form).event())
        for _ in range(50):
            await client.write_event(AudioChunk(**form, audio=bytes(640)).event())
        await client.write_event(AudioStop().event())
        print("transcript", Transcript.from_event(await client.read_event()).text)
        await client.write_event(Synthesize(text="hello").event())
        print("start", AudioStart.from_event(await client.read_event()).rate)
        size = 0
        while AudioChunk.is_type((event := await client.read_event()).type):
            size += len(AudioChunk.from_event(event).audio)
        print("stop", AudioStop.is_type(event.type), size)


asyncio.run(asyncio.wait_for(main(), 20))
