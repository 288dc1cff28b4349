"""Made-up fixations for the density benchmarks: clusters that people share, and strays."""

import numpy as np

from analysis.density.table import ImageFixations


def made_up(
    n_images: int, n_subjects: int, n_fixations: int, size_px: tuple[int, int], seed: int = 0
) -> list[ImageFixations]:
    """Return `n_fixations` of each subject on each image."""
    generator = np.random.default_rng(seed)
    return [_image(f"image-{n:06d}", n_subjects, n_fixations, size_px, generator)
            for n in range(n_images)]  # fmt: skip


def _image(name, n_subjects, n_fixations, size_px, generator) -> ImageFixations:
    n, size = n_subjects * n_fixations, np.array(size_px, dtype=float)
    places = generator.normal(0.5, 0.18, (6, 2)).clip(0.05, 0.95) * size
    which = generator.choice(6, n, p=generator.dirichlet(np.ones(6)))
    xy_px = places[which] + generator.normal(0, 0.03, (n, 2)) * size.max()
    stray = generator.random(n) < 0.15
    xy_px[stray] = generator.uniform(0, size, (int(stray.sum()), 2))
    subjects = np.repeat([f"{s:02d}" for s in range(n_subjects)], n_fixations)
    return ImageFixations(name, xy_px.clip(0, size - 1e-3), subjects, 0)
