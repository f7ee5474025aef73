"""What `undertone analyze --jsonl` says of calls."""

import json
import os
import subprocess
from dataclasses import dataclass, field

EMOTIONS = ("frustration", "stress")
AFFECT = EMOTIONS + ("arousal",)  # what no reading but the customer's may hold


class Failure(Exception):
    """What the program did not do, in one sentence."""


@dataclass
class Cue:
    kind: str
    raised_s: float
    reasons: int
    cleared_s: float = None


@dataclass
class Heard:
    """All that the program said of one call. readings: the customer's."""

    lines: list
    cues: list = field(default_factory=list)
    readings: list = field(default_factory=list)
    duration_s: float = 0.0
    trespasses: int = 0  # emotion where there must be none: on a channel that is not the customer's

    def emotion_cues(self):
        return [cue for cue in self.cues if cue.kind in EMOTIONS]


@dataclass
class Program:
    path: str
    model: str
    playbook: str = None

    def command(self, *options):
        playbook = ["--playbook", self.playbook] if self.playbook else []
        return [self.path, "analyze", "--jsonl", "--jobs", "1", "--model", self.model, *playbook, *options]

    def listen(self, paths, *options):
        """A Heard for each of these recordings."""
        run = subprocess.run([*self.command(*options), *paths], capture_output=True, text=True)
        if run.returncode:
            raise Failure(f"{' '.join(self.command(*options)[:2])} ended with {run.returncode}: {run.stderr.strip()}")
        heard = calls_of(run.stdout.splitlines())
        if len(heard) != len(paths):
            raise Failure(f"{self.path}: told of {len(heard)} calls, not of {len(paths)}")
        return heard


def calls_of(lines):
    """Events as lines of JSON, apart by call, in the order in which the calls came."""
    calls = {}
    for line in lines:
        event = json.loads(line)
        calls.setdefault(event["call"], ([], []))
        calls[event["call"]][0].append(line)
        calls[event["call"]][1].append(event)
    return [heard_of(*both) for both in calls.values()]


def heard_of(lines, events):
    heard, cues = Heard(lines), {}
    for event in events:
        if event["type"] == "cue":
            take_cue(cues, event)
            heard.trespasses += event["cue"] in EMOTIONS and event.get("channel", "customer") != "customer"
        elif event["type"] == "reading" and event["channel"] == "customer":
            heard.readings.append(event)
        elif event["type"] == "reading":
            heard.trespasses += any(key in event for key in AFFECT)
        elif event["type"] == "summary":
            heard.duration_s = event["duration_s"]
    heard.cues = list(cues.values())
    return heard


def take_cue(cues, event):
    if event["state"] == "raised":
        cues[event["id"]] = Cue(event["cue"], event["t_s"], len(event.get("reasons") or []))
    elif event["state"] == "cleared" and event["id"] in cues:
        cues[event["id"]].cleared_s = event["t_s"]
