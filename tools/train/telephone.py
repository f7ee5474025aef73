"""What a telephone does to a voice: the conditions a model is trained and measured under.

A condition is a chain of steps, each of which takes and returns clips: lists of samples at 8 kHz, float32, full scale
-1..1. Chance comes from a generator seeded by the clip's path and the condition, so the same clip gets the same
treatment every time. Codecs are the real ones, run once over all clips laid end to end.

Debian: sox libsox-fmt-all (GSM, AMR-NB), ffmpeg (Opus).
"""

import os
import subprocess
import tempfile
import zlib

import numpy as np
import soundfile
from scipy.signal import butter, lfilter, sosfilt

RATE_HZ = 8000
PACKET = RATE_HZ // 50


def one_by_one(step):
    """A step that treats each clip for itself: step(x, chance)."""
    return lambda clips, chances, others: [step(x, chance) for x, chance in zip(clips, chances)]


# ---- the line ----


@one_by_one
def handset(x, chance):
    """The band of a telephone, 300 to 3400 Hz, its edges differing from one handset to the next."""
    low_hz, high_hz = chance.uniform(200, 350), chance.uniform(3200, 3600)
    return sosfilt(butter(3, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), x)


@one_by_one
def gain(x, chance):
    """Any distance from the microphone, 12 dB either way; what is too loud is cut off."""
    return np.clip(x * 10 ** (chance.uniform(-12, 12) / 20), -1, 1)


@one_by_one
def automatic_gain(x, chance):
    """Brings every half second or so to one level, as telephones and conference bridges do."""
    rest = np.exp(-1 / (chance.uniform(0.2, 0.8) * RATE_HZ))
    power = lfilter([1 - rest], [1, -rest], x**2, zi=[rest * np.mean(x**2)])[0]
    return np.clip(x * 0.1 / np.sqrt(power + 1e-6), -1, 1)


@one_by_one
def clipping(x, chance):
    """An input turned up too far: 1 to 12 dB of the peaks are cut off."""
    most = np.max(np.abs(x)) * 10 ** (-chance.uniform(1, 12) / 20)
    return np.clip(x, -most, most)


@one_by_one
def lost_packets(x, chance):
    """2 to 15 % of 20 ms packets are lost, in bursts; the one before is repeated, ever quieter."""
    x, share, stay = x.copy(), chance.uniform(0.02, 0.15), 0.5
    lost, fade = False, 1.0
    for start in range(PACKET, len(x) - PACKET + 1, PACKET):
        lost = chance.random() < (stay if lost else share * (1 - stay) / (1 - share))
        fade = fade * 0.6 if lost else 1.0
        if lost:
            x[start : start + PACKET] = 0.6 * x[start - PACKET : start]
    return x


def at_snr(x, noise, snr_db):
    return x + noise * np.sqrt(np.mean(x**2) / (np.mean(noise**2) + 1e-12) / 10 ** (snr_db / 10))


@one_by_one
def line_noise(x, chance):
    """White or falling noise, 5 to 30 dB under the clip's power."""
    white = chance.standard_normal(len(x))
    noise = white if chance.random() < 0.5 else lfilter([1], [1, -0.9], white)
    return at_snr(x, noise, chance.uniform(5, 30))


def drawn(others, chance, n):
    """n samples of a clip drawn from the others, from a place drawn too."""
    return np.roll(np.resize(others[chance.integers(len(others))], n), chance.integers(n))


def babble(clips, chances, others):
    """Six voices talking at once behind the caller's, 5 to 30 dB under it."""

    def step(x, chance):
        return at_snr(x, sum(drawn(others, chance, len(x)) for _ in range(6)), chance.uniform(5, 30))

    return one_by_one(step)(clips, chances, others)


def echo(clips, chances, others):
    """The other side of the call coming back, 15 to 30 dB under the caller."""

    def step(x, chance):
        return at_snr(x, drawn(others, chance, len(x)), chance.uniform(15, 30))

    return one_by_one(step)(clips, chances, others)


# ---- codecs ----


def through(clips, extension, encode, decode):
    """All clips end to end through a codec, and cut apart again. Each starts on a packet."""
    padded = [np.pad(x, (0, -len(x) % PACKET + 5 * PACKET)) for x in clips]
    with tempfile.TemporaryDirectory() as scratch:
        raw, coded, back = (os.path.join(scratch, name) for name in ("raw.wav", "coded." + extension, "back.wav"))
        soundfile.write(raw, np.clip(np.concatenate(padded), -1, 1), RATE_HZ, subtype="PCM_16")
        for command in (encode, decode):
            command = [{"RAW": raw, "CODED": coded, "BACK": back}.get(word, word) for word in command]
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        y, rate_hz = soundfile.read(back, dtype="float32")
        assert rate_hz == RATE_HZ
    y = np.pad(y, (0, max(0, sum(map(len, padded)) - len(y))))
    starts = np.cumsum([0] + [len(x) for x in padded[:-1]])
    return [y[start : start + len(x)] for start, x in zip(starts, clips)]


@one_by_one
def mu_law(x, chance):
    """ITU-T G.711 mu-law, there and back, through its continuous form with 8 bits."""
    x = np.clip(x, -1, 1)
    code = np.round(np.sign(x) * np.log1p(255 * np.abs(x)) / np.log1p(255) * 127) / 127
    return np.sign(code) * np.expm1(np.abs(code) * np.log1p(255)) / 255


@one_by_one
def a_law(x, chance):
    """ITU-T G.711 A-law, there and back, through its continuous form with 8 bits."""
    a, x = 87.6, np.clip(x, -1, 1)
    size, top = np.abs(x), 1 + np.log(87.6)
    code = np.where(size < 1 / a, a * size, 1 + np.log(np.maximum(a * size, 1))) / top
    code = np.round(code * 127) / 127 * top
    return np.sign(x) * np.where(code < 1, code, np.exp(np.maximum(code - 1, 0))) / a


def gsm(clips, chances, others):
    """GSM 06.10 full rate."""
    return through(clips, "gsm", ["sox", "RAW", "-r", "8000", "CODED"],
                   ["sox", "-r", "8000", "CODED", "-e", "float", "-b", "32", "BACK"])


def amr_nb(clips, chances, others):
    """AMR narrow band at 5.9 kb/s, as a cell at its edge grants."""
    return through(clips, "amr-nb", ["sox", "RAW", "-C", "2", "CODED"],
                   ["sox", "CODED", "-e", "float", "-b", "32", "BACK"])


def opus(clips, chances, others):
    """Opus at 12 kb/s, as a browser on a thin line."""
    return through(clips, "opus",
                   ["ffmpeg", "-i", "RAW", "-c:a", "libopus", "-b:a", "12k", "-application", "voip", "CODED"],
                   ["ffmpeg", "-i", "CODED", "-ar", "8000", "-c:a", "pcm_f32le", "BACK"])


CONDITIONS = {
    "as recorded": [],
    "mu-law": [mu_law],
    "gain, mu-law": [gain, mu_law],
    "handset, gain, mu-law": [handset, gain, mu_law],
    "handset, line noise, A-law": [handset, line_noise, gain, a_law],
    "babble, mu-law": [babble, gain, mu_law],
    "handset, automatic gain, GSM": [handset, automatic_gain, gsm],
    "AMR-NB": [gain, amr_nb],
    "Opus 12 kb/s": [gain, opus],
    "lost packets, mu-law": [gain, mu_law, lost_packets],
    "clipping, mu-law": [clipping, gain, mu_law],
    "echo, automatic gain, mu-law": [echo, automatic_gain, mu_law],
}


def apply(condition, paths, clips, others):
    """The clips, of these paths, under a condition. others: clips of other people, for babble and echo."""
    chances = [np.random.default_rng(zlib.crc32(f"{condition}:{path}".encode())) for path in paths]
    for step in CONDITIONS[condition]:
        clips = step(clips, chances, others)
    return [np.asarray(x, np.float32) for x in clips]
