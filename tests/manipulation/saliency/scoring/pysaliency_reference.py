"""What pysaliency says of densities and fixations given by formula; the numbers are in the test.

Run with pysaliency 0.2.22 in an environment of its own (it wants torch, scikit-learn and a
setuptools before 81, which it does not declare): ``python pysaliency_reference.py``.
"""

import numpy as np

HEIGHT, WIDTH, IMAGES, FIXATIONS = 48, 64, 3, 40


def density(index):
    """Three log densities that differ; nowhere zero, no two pixels alike."""
    y, x = np.indices((HEIGHT, WIDTH)).astype(float)
    values = 1.5 * np.cos(x / (7.1 + index)) + np.sin(y / 5.3 + index) - 0.002 * (x - 30) ** 2
    values += 1e-3 * np.sin(12.9898 * x + 78.233 * y)
    return values - np.log(np.exp(values).sum())


def empirical(index):
    """A positive map to compare a density with."""
    y, x = np.indices((HEIGHT, WIDTH)).astype(float)
    return np.exp(-((x - 20 - 9 * index) ** 2 + (y - 25) ** 2) / 200) + 0.01


def baseline():
    """A log density that is highest in the middle."""
    y, x = np.indices((HEIGHT, WIDTH)).astype(float)
    values = -((x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2) / 500
    return values - np.log(np.exp(values).sum())


def points(index):
    """Fixations ``(x, y)``, between pixels' edges."""
    i = np.arange(FIXATIONS)
    x = (i * (37 + 2 * index)) % WIDTH + 0.25
    y = (i * (23 + 4 * index)) % HEIGHT + 0.75
    return np.stack([x, y], axis=1)


def main():
    import pysaliency
    from pysaliency import metrics

    stimuli = pysaliency.Stimuli(
        [np.full((HEIGHT, WIDTH, 3), index, dtype=np.uint8) for index in range(IMAGES)]
    )
    places = np.concatenate([points(index) for index in range(IMAGES)])
    image = np.repeat(np.arange(IMAGES), FIXATIONS)
    fixations = pysaliency.Fixations.FixationsWithoutHistory(
        places[:, 0], places[:, 1], np.zeros(len(image)), image, np.zeros(len(image), dtype=int)
    )

    class Given(pysaliency.Model):
        def __init__(self, of):
            super().__init__()
            self.of = of

        def _log_density(self, stimulus):
            return self.of(int(stimulus[0, 0, 0]))

    class Map(pysaliency.SaliencyMapModel):
        def _saliency_map(self, stimulus):
            return density(int(stimulus[0, 0, 0]))

    model, centre, saliency = Given(density), Given(lambda index: baseline()), Map()
    for index in range(IMAGES):
        chosen = fixations[image == index]
        other = np.concatenate([points(one) for one in range(IMAGES) if one != index])
        probability = np.exp(density(index))
        x, y = points(index).T
        shuffled = pysaliency.roc.general_roc(
            density(index)[y.astype(int), x.astype(int)],
            density(index)[other[:, 1].astype(int), other[:, 0].astype(int)],
        )[0]
        print(
            {
                "log_likelihood": float(model.log_likelihood(stimuli, chosen)),
                "information_gain": float(model.information_gain(stimuli, chosen, centre)),
                "auc": float(saliency.AUC(stimuli, chosen)),
                "sauc": float(shuffled),
                "sauc_of_model": float(
                    saliency.AUCs(stimuli, fixations, nonfixations="shuffled")[
                        image == index
                    ].mean()
                ),
                "nss": float(metrics.NSS(probability, x, y).mean()),
                "cc": float(metrics.CC(probability, empirical(index))),
                "sim": float(metrics.SIM(probability, empirical(index))),
                "kl": float(metrics.image_based_kl_divergence(probability, empirical(index))),
                "kl_mit": float(metrics.MIT_KLDiv(probability, empirical(index))),
            }
        )


if __name__ == "__main__":
    main()
