"""How well a map predicts fixations: measures, the gold standard, evaluation."""
