"""The net as it is trained; src/classify/encoder.h and layers.h say what it computes, and utm.py writes it down.

An Encoder turns hops into a vector: convolutions over time and mel bands, then over time alone, causal, and the mean and
deviation of what they yield over the window, weighted by speech. A Head turns [vector, change from the caller's usual,
whether that is known] into the outputs.
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

BANDS, DESCRIPTORS = 26, 11  # of a hop's inputs
SPEECH = BANDS + DESCRIPTORS - 1
STEP_HOPS, WINDOW_STEPS = 4, 100
FLOOR_WEIGHT, FLOOR_SUM, FLOOR_VARIANCE = 0.02, 1e-3, 1e-3
CHANNELS = [12, 24, 64, 64]
VECTOR = 2 * CHANNELS[-1]


class Encoder(nn.Module):
    def __init__(self, dropout=0.15):
        super().__init__()
        a, b, c, d = CHANNELS
        self.maps = nn.ModuleList([nn.Conv2d(1, a, 5, (2, 1)), nn.Conv2d(a, b, 3, (2, 1))])
        self.frames = nn.ModuleList([nn.Conv1d(6 * b + DESCRIPTORS, c, 3), nn.Conv1d(c, d, 3)])
        self.norms = nn.ModuleList([nn.BatchNorm2d(a), nn.BatchNorm2d(b), nn.BatchNorm1d(c), nn.BatchNorm1d(d)])
        self.dropout = nn.Dropout(dropout)

    @classmethod
    def of(cls, maps, frames):
        """As layers() wrote it."""
        encoder = cls()
        encoder.norms = nn.ModuleList(nn.Identity() for _ in encoder.norms)
        for layer, (_, weight, bias) in zip([*encoder.maps, *encoder.frames], [*maps, *frames]):
            layer.weight.data, layer.bias.data = (torch.from_numpy(np.array(a)) for a in (weight, bias))
        return encoder.eval()

    def forward(self, hops):
        """[clips][hops][inputs], hops a multiple of STEP_HOPS -> what each step yields [clips][channels][steps], and its
        weight [clips][steps]."""
        bands, others = hops[:, None, :, :BANDS], hops[:, :, BANDS:].transpose(1, 2)
        for layer, norm, pad in zip(self.maps, self.norms, ((2, 2, 3, 0), (1, 1, 1, 0))):
            bands = F.max_pool2d(torch.relu(norm(layer(F.pad(bands, pad)))), (1, 2))
        others = F.avg_pool1d(others, STEP_HOPS)
        steps = torch.cat([self.dropout(bands).permute(0, 1, 3, 2).flatten(1, 2), others], 1)
        steps = self.dropout(torch.relu(self.norms[2](self.frames[0](F.pad(steps, (2, 0))))))
        steps = torch.relu(self.norms[3](self.frames[1](F.pad(steps, (2, 0)))))
        return steps, others[:, SPEECH - BANDS] + FLOOR_WEIGHT

    def layers(self):
        """(maps, frames): of each (description, weight, bias), the normalization folded in."""
        found = []
        for layer, norm in zip([*self.maps, *self.frames], self.norms):
            scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
            weight = layer.weight * scale.reshape(-1, *[1] * (layer.weight.dim() - 1))
            bias = (layer.bias - norm.running_mean) * scale + norm.bias
            about = {"inputs": layer.in_channels, "outputs": layer.out_channels, "kernel_hops": layer.kernel_size[0]}
            if layer.weight.dim() == 4:
                about.update(kernel_bands=layer.kernel_size[1], pad_bands=layer.kernel_size[1] // 2,
                             stride_hops=layer.stride[0], pool_bands=2)
            found.append((about, weight.detach().numpy(), bias.detach().numpy()))
        return found[: len(self.maps)], found[len(self.maps) :]


def pooled(steps, weight):
    """[clips][channels][steps] and [clips][steps] -> [clips][VECTOR]."""
    weight = (weight / (weight.sum(1, keepdim=True) + FLOOR_SUM))[:, None]
    mean = (steps * weight).sum(2)
    variance = ((steps - mean[:, :, None]) ** 2 * weight).sum(2)
    return torch.cat([mean, torch.sqrt(variance + FLOOR_VARIANCE)], 1)


def encode(encoder, hops, ends):
    """The vectors of one clip, hops [hops][inputs], as they are once `ends` hops were heard: [ends][VECTOR]."""
    whole = len(hops) // STEP_HOPS * STEP_HOPS
    vectors = np.zeros((len(ends), VECTOR), np.float32)
    if whole == 0:
        return vectors
    with torch.no_grad():
        steps, weight = encoder(torch.from_numpy(np.asarray(hops[:whole], np.float32))[None])
        for vector, end in zip(vectors, np.asarray(ends) // STEP_HOPS):
            start = max(0, end - WINDOW_STEPS)
            if end:
                vector[:] = pooled(steps[:, :, start:end], weight[:, start:end])[0].numpy()
    return vectors


class Head(nn.Module):
    def __init__(self, n_vector, hidden, outputs):
        super().__init__()
        self.hear = nn.Linear(2 * n_vector + 1, hidden)
        self.tell = nn.Linear(hidden, outputs)

    def forward(self, vector, change, ready, drop=(0, 0)):
        heard = F.dropout(torch.cat([vector, change, ready], 1), drop[0], self.training)
        return self.tell(F.dropout(torch.relu(self.hear(heard)), drop[1], self.training))
