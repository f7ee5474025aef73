"""A call of clips: an agent and a customer taking turns, the customer calm, then not, then calm again; and the truth of
it.

All of a customer's clips are placed as loud as they were recorded, for how much louder somebody gets is part of what
there is to hear. Chance comes from a generator that is the call's own.
"""

import re
from dataclasses import dataclass

import numpy as np

import voices
from clips import RATE_HZ
from voices import Voice

BEFORE_S, AFTER_S = 20.0, 25.0  # at least, of calm speech
EPISODE_S = (8.0, 12.5)  # of speech; the last clip may run over
LEAST_CALM_S = 5.0  # of different ordinary speech, without which nobody can be calm for a call
PAUSE_S, PAUSE_SPREAD, PAUSE_LIMITS_S = 0.4, 0.6, (0.15, 1.5)  # between clips of a turn: median of a log-normal
GAP_S, OVERLAP_S, OVERLAPS = (0.2, 1.2), (0.2, 0.6), 0.12  # between turns; how often the next one begins too early
BACKCHANNEL_S, BACKCHANNELS = (0.3, 0.6), 0.15  # of the agent's, how long and in how many of the customer's turns
ECHO_DB, ECHO_DELAY_S, ECHOES = (-30, -20), (0.03, 0.15), 0.25
FLOOR_DB = (-75, -45)  # no line is quieter, and no room louder, than this
AGENT_DB = -26  # a telephone's usual level of speech, ITU-T P.56


@dataclass
class Script:
    """What is to be said by whom, before anything is."""

    name: str
    number: int  # of this speaker's calls
    kind: str  # the emotion, or "calm"
    customer: Voice
    agent: Voice  # None: nobody answers
    line: str


@dataclass
class Call:
    """Both channels as they leave the rooms, and what is true of them."""

    customer: np.ndarray
    agent: np.ndarray
    truth: dict


def name_of(place, speaker, kind):
    return f"{place:04d}-{re.sub('[^A-Za-z0-9_-]', '_', speaker)[:40]}-{kind}"


# ---- what there is to say ----


class Deck:
    """Clips in an order of chance, dealt again from the start in another one when all have been."""

    def __init__(self, folder, paths, chance):
        self.folder, self.paths, self.chance, self.left = folder, list(paths), chance, []

    def deal(self):
        if not self.left:
            self.left = list(self.chance.permutation(self.paths))
        return voices.clip(self.folder, self.left.pop())

    def several(self, least, most):
        return [self.deal() for _ in range(self.chance.integers(least, most + 1))]

    def last_for(self, seconds):
        """Turns of 2 to 4 clips, until there is as much speech as that."""
        said_s = 0.0
        while said_s < seconds:
            turn = []
            for clip in self.several(2, 4):
                turn += [clip] if said_s < seconds else []
                said_s += clip.speech_s
            yield turn


# ---- who says it when ----


class Conversation:
    def __init__(self, chance):
        self.chance, self.now_s = chance, 0.5
        self.said = {"agent": [], "customer": []}  # (start_s, clip)

    def say(self, who, clip):
        self.said[who].append((self.now_s, clip))
        self.now_s += clip.duration_s

    def pause(self):
        length_s = PAUSE_S * np.exp(PAUSE_SPREAD * self.chance.standard_normal())
        self.now_s += float(np.clip(length_s, *PAUSE_LIMITS_S))

    def gap(self):
        early = self.chance.random() < OVERLAPS
        self.now_s += -self.chance.uniform(*OVERLAP_S) if early else self.chance.uniform(*GAP_S)

    def turn(self, who, clips):
        """Returns when it began and ended."""
        start_s = self.now_s
        for place, clip in enumerate(clips):
            if place:
                self.pause()
            self.say(who, clip)
        end_s = self.now_s
        self.gap()
        return start_s, end_s

    def speech(self, who):
        return voices.filled([(at_s + s, at_s + e) for at_s, clip in self.said[who] for s, e in clip.speech])


def backchannel(talk, deck, start_s, end_s):
    """The agent's "mm-hm" while the customer goes on."""
    clip, length_s = deck.deal(), talk.chance.uniform(*BACKCHANNEL_S)
    if talk.chance.random() < BACKCHANNELS and end_s - start_s > 3:
        burst = voices.cut(clip.path, clip.x[: int(length_s * RATE_HZ)])
        talk.said["agent"].append((talk.chance.uniform(start_s + 1, end_s - 1), burst))


def exchange(talk, customer, agent, seconds):
    """Agent, customer, agent, customer ... until the customer has spoken that long. When they began and ended."""
    edges = []
    for turn in customer.last_for(seconds):
        if agent:
            talk.turn("agent", agent.several(1, 3))
        edges.append(talk.turn("customer", turn))
        if agent:
            backchannel(talk, agent, *edges[-1])
    return edges[0][0], edges[-1][1]


def episode_of(folder, script):
    """What the middle is of; in a calm call another kind of ordinary speech (calm, bored), where there is enough."""
    if script.kind != "calm":
        return script.kind
    own = script.customer.paths
    others = [emotion for emotion in voices.NEUTRAL if emotion != "neutral" and emotion in own]
    enough = voices.speech_s(folder, own.get("neutral", [])) >= LEAST_CALM_S
    return next((e for e in others if enough and voices.speech_s(folder, own[e]) >= EPISODE_S[0]), None)


def talk_of(folder, script, chance):
    """The conversation, and the emotion, start and end of its episode, (None, None, None) without one."""
    talk, emotion = Conversation(chance), episode_of(folder, script)
    calm = Deck(folder, script.customer.neutral(emotion), chance)
    agent = Deck(folder, script.agent.neutral(), chance) if script.agent else None
    exchange(talk, calm, agent, BEFORE_S)
    edges = None, None
    if emotion:
        heated = Deck(folder, script.customer.paths[emotion], chance)
        edges = exchange(talk, heated, agent, episode_seconds(folder, script.customer, emotion, chance))
    exchange(talk, calm, agent, AFTER_S)
    return talk, (emotion, *edges)


def episode_seconds(folder, voice, emotion, chance):
    """Nothing is said twice in an episode."""
    there_s = voices.speech_s(folder, voice.paths[emotion])
    return chance.uniform(EPISODE_S[0], max(EPISODE_S[0], min(EPISODE_S[1], there_s - 0.1)))


# ---- as sound ----


def room(n, floor_db, chance):
    """What a line carries where nobody speaks."""
    white = chance.standard_normal(n)
    noise = np.convolve(white, 0.8 ** np.arange(16))[:n]
    return noise / np.sqrt(np.mean(noise**2)) * 10 ** (np.clip(floor_db, *FLOOR_DB) / 20)


def channel(said, n, chance):
    x = room(n, np.median([clip.floor_db for _, clip in said]) if said else FLOOR_DB[0], chance)
    for at_s, clip in said:
        start = round(at_s * RATE_HZ)
        x[start : start + len(clip.x)] += clip.x[: n - start]
    return x


def level_over(x, intervals):
    """Root mean square where there is speech."""
    heard = np.concatenate([x[int(s * RATE_HZ) : int(e * RATE_HZ)] for s, e in intervals] or [x])
    return np.sqrt(np.mean(heard.astype(np.float64) ** 2) + 1e-12)


def echoed(customer, agent, chance):
    """In some calls the agent's voice comes back from the customer's telephone: samples, and its level or None."""
    level_db, delay = chance.uniform(*ECHO_DB), int(chance.uniform(*ECHO_DELAY_S) * RATE_HZ)
    if chance.random() >= ECHOES:
        return customer, None
    size = 10 ** (level_db / 20) * np.sqrt(np.mean(customer**2) / np.mean(agent**2))
    return customer + size * np.pad(agent, (delay, 0))[: len(customer)], round(float(level_db), 1)


def truth_of(script, talk, episode, duration_s):
    emotion, start_s, end_s = episode
    voice, said = script.customer, [clip for _, clip in talk.said["customer"]]
    heated = set(voice.paths[emotion]) if emotion else set()
    used = {clip.path: (round(clip.speech_s, 3), clip.path in heated) for clip in said}
    return {
        "name": script.name, "kind": script.kind, "corpus": voice.corpus, "speaker": voice.speaker,
        "gender": voice.gender, "language": voice.language, "agent": script.agent.speaker if script.agent else None,
        "line": script.line, "duration_s": round(duration_s, 3),
        "episode": {"emotion": emotion, "start_s": round(start_s, 3), "end_s": round(end_s, 3)} if emotion else None,
        "customer_speech": rounded(talk.speech("customer")), "agent_speech": rounded(talk.speech("agent")),
        "calm_clips": {path: length_s for path, (length_s, hot) in used.items() if not hot},
        "episode_clips": {path: length_s for path, (length_s, hot) in used.items() if hot},
    }


def rounded(intervals):
    return [[round(float(s), 3), round(float(e), 3)] for s, e in intervals]


def compose(folder, script, chance):
    talk, episode = talk_of(folder, script, chance)
    n = int((max(at_s + clip.duration_s for said in talk.said.values() for at_s, clip in said) + 1) * RATE_HZ)
    truth = truth_of(script, talk, episode, n / RATE_HZ)
    customer, agent = channel(talk.said["customer"], n, chance), channel(talk.said["agent"], n, chance)
    agent *= 10 ** (AGENT_DB / 20) / level_over(agent, truth["agent_speech"]) if talk.said["agent"] else 1
    customer, truth["echo_db"] = echoed(customer, agent, chance)
    return Call(customer.astype(np.float32), agent.astype(np.float32), truth)
