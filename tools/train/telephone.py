"""What a telephone does to a voice: the conditions a model is trained and measured under.

Each takes and returns samples at 8 kHz as float32 in -1..1. Chance comes from a generator seeded by the clip's path, so
that the same clip gets the same treatment every time.
"""

import zlib

import numpy as np
from scipy.signal import butter, sosfilt

RATE_HZ = 8000


def generator(path, condition):
    return np.random.default_rng(zlib.crc32(f"{condition}:{path}".encode()))


def mu_law(x):
    """ITU-T G.711 mu-law, there and back, through its continuous form with 8 bits."""
    x = np.clip(x, -1, 1)
    compressed = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log1p(255)
    code = np.round(compressed * 127) / 127
    return np.sign(code) * np.expm1(np.abs(code) * np.log1p(255)) / 255


def handset(x, rng):
    """The band of a telephone, its edges differing from one handset to the next."""
    low_hz, high_hz = rng.uniform(200, 350), rng.uniform(3200, 3600)
    return sosfilt(butter(3, [low_hz, high_hz], "bandpass", fs=RATE_HZ, output="sos"), x)


def gain(x, rng):
    """Any distance from the microphone: the loudest sample lands between -26 and 0 dB full scale."""
    peak = np.max(np.abs(x)) + 1e-9
    return x / peak * 10 ** (rng.uniform(-26, 0) / 20)


def line_noise(x, rng):
    """White noise at 15 to 35 dB under the clip's power."""
    snr_db = rng.uniform(15, 35)
    noise = rng.standard_normal(len(x))
    return x + noise * np.sqrt(np.mean(x**2) / 10 ** (snr_db / 10))


CONDITIONS = {
    "as recorded": lambda x, rng: x,
    "mu-law, gain": lambda x, rng: mu_law(gain(x, rng)),
    "handset, mu-law, gain": lambda x, rng: mu_law(gain(handset(x, rng), rng)),
    "handset, noise, mu-law, gain": lambda x, rng: mu_law(gain(line_noise(handset(x, rng), rng), rng)),
}


def apply(condition, path, x):
    return CONDITIONS[condition](x, generator(path, condition)).astype(np.float32)
