"""A training run small enough for a test: eight pictures of 32 px, a narrow network, few steps."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from manipulation.networks.settings import RunSettings, read_run_settings
from manipulation.training.photograph_cache import CachedPhotographs, load_photographs
from manipulation.training.run_log import read_losses

SETTINGS = """
[schedule]
iterations = 5
autoencoder_iterations = 2
batch_size = 2
precision = "float32"
compile = false
[targets]
mask_blur_px = 1
[network]
width = 16
blocks = 1
resnet9_width = 4
unet_width = 4
halvings = 3
discriminator_width = 4
[data]
size_px = 32
[log]
losses_every = 1
images_every = 4
state_every = 2
weights_every = 3
"""


def make_pictures(folder: Path, count: int = 8) -> Path:
    """Write pictures of 48 x 40 px, and `instances.json` with an object in all but two of them."""
    (folder / "images").mkdir(parents=True)
    generator = np.random.default_rng(0)
    images, objects = [], []
    for n in range(1, count + 1):
        coarse = generator.integers(0, 256, (5, 6, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((48, 40), Image.Resampling.BICUBIC)
        picture.save(folder / "images" / f"{n}.png")
        images.append({"id": n, "file_name": f"{n}.png", "width": 48, "height": 40})
        if n > 2:
            box = [10, 8, 30, 8, 30, 30, 10, 30]
            objects += [
                {"id": 2 * n, "image_id": n, "segmentation": [box]},
                {"id": 2 * n + 1, "image_id": n, "segmentation": [[36, 2, 46, 2, 46, 12]]},
            ]
    (folder / "instances.json").write_text(json.dumps({"images": images, "annotations": objects}))
    return folder


def settings(tmp_path: Path, *changes: str) -> RunSettings:
    """Return the settings above with changes such as ``losses.texture = 0``."""
    file = tmp_path / "small.toml"
    file.write_text(SETTINGS)
    return read_run_settings(file, changes)


def photographs(pictures: Path, cache: Path, of: RunSettings) -> CachedPhotographs:
    return load_photographs(
        [pictures / "images"],
        annotations=pictures / "instances.json",
        cache=cache,
        settings=of.data,
    )


class Killed(BaseException):
    """What stops a run in the middle of a test."""


def arguments(pictures: Path, cache: Path, out: Path, settings: Path) -> list[str]:
    """Return the options that the commands on photographs share."""
    return [
        *("--images", str(pictures / "images")),
        *("--annotations", str(pictures / "instances.json")),
        *("--cache", str(cache), "--out", str(out), "--settings", str(settings)),
        *("--device", "cpu"),
    ]


def losses(folder: Path) -> list[dict[str, float]]:
    """Return the losses that a run wrote, without the times that it took."""
    return [
        {name: value for name, value in row.items() if name not in ("seconds", "waiting_s")}
        for row in read_losses(folder / "losses.csv")
    ]
