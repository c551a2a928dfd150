#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Wyoming service of all kinds made with the real Python library, any version since 1.5.

Listens on the TCP port of 127.0.0.1 that it prints, and answers so that the test can check every
byte: a transcript tells the length and checksum of the audio.
"""
import asyncio
import os
import socket
import zlib

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.handle import Handled, NotHandled
from wyoming.info import (
    AsrModel, AsrProgram, Attribution, Describe, HandleModel, HandleProgram, Info, IntentModel,
    IntentProgram, TtsProgram, TtsVoice, WakeModel, WakeProgram,
)
from wyoming.intent import Entity, Intent, NotRecognized, Recognize
from wyoming.ping import Ping, Pong
from wyoming.server import AsyncEventHandler, AsyncServer
from wyoming.tts import Synthesize
from wyoming.wake import Detect, Detection

ABOUT = dict(
    attribution=Attribution(name="", url=""), installed=True, description="test", version="1")
INFO = Info(
    asr=[AsrProgram(name="asr", models=[AsrModel(name="a", languages=["en"], **ABOUT)], **ABOUT)],
    tts=[TtsProgram(name="tts", voices=[TtsVoice(name="v", languages=["de"], **ABOUT)], **ABOUT)],
    wake=[WakeProgram(
        name="wake",
        models=[WakeModel(name="jarvis", languages=["en"], phrase="hey jarvis", **ABOUT)], **ABOUT)],
    intent=[IntentProgram(
        name="intent", models=[IntentModel(name="i", languages=["en"], **ABOUT)], **ABOUT)],
    handle=[HandleProgram(
        name="handle", models=[HandleModel(name="h", languages=["en"], **ABOUT)], **ABOUT)],
)


class Handler(AsyncEventHandler):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.audio = bytearray()
        self.language = None
        self.names = None

    async def handle_event(self, event: Event) -> bool:
        if Describe.is_type(event.type):
            await self.write_event(INFO.event())
        elif Ping.is_type(event.type):
            await self.write_event(Pong(text=Ping.from_event(event).text).event())
        elif Transcribe.is_type(event.type):
            self.language = Transcribe.from_event(event).language
        elif Detect.is_type(event.type):
            self.names = Detect.from_event(event).names
        elif AudioStart.is_type(event.type):
            self.audio.clear()
        elif AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            assert (chunk.rate, chunk.width, chunk.channels) == (16000, 2, 1)
            self.audio += chunk.audio
            if self.names and chunk.timestamp == 100:
                await self.write_event(Detection(name=self.names[0], timestamp=60).event())
        elif AudioStop.is_type(event.type):
            text = f"{len(self.audio)} bytes, {zlib.crc32(self.audio)}, {self.language}, größer"
            await self.write_event(Transcript(text=text).event())
            return False  # as wyoming-faster-whisper does
        elif Synthesize.is_type(event.type):
            await self.speak(Synthesize.from_event(event))
        elif Recognize.is_type(event.type):
            text = Recognize.from_event(event).text
            if text == "nothing":
                await self.write_event(NotRecognized(text="What?").event())
            else:
                entities = [Entity(name="light", value=text)]
                await self.write_event(Intent(name="on", entities=entities, text="Ok").event())
        elif Transcript.is_type(event.type):
            text = Transcript.from_event(event).text
            answer = NotHandled(text=None) if text == "nothing" else Handled(text=f"did {text}")
            await self.write_event(answer.event())
        return True

    async def speak(self, request: Synthesize) -> None:
        if not request.text:
            await self.write_event(Error(text="nothing to say", code="empty").event())
            return
        form = dict(rate=22050, width=2, channels=1)
        await self.write_event(AudioStart(**form, timestamp=0).event())
        for number in range(100):
            audio = bytes((number + i) & 255 for i in range(2048))
            await self.write_event(AudioChunk(**form, audio=audio).event())
        await self.write_event(AudioStop(timestamp=None).event())


async def main() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = AsyncServer.from_uri(f"tcp://127.0.0.1:{port}")
    running = asyncio.create_task(server.run(Handler))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.01)
    print(port, os.getpid(), flush=True)
    await running


asyncio.run(main())
