"""Strategies of credit decision, compared side by side on the same folds.

``learning`` says what a strategy is; ``linear``, ``points``, ``boosted`` and ``resampled`` are the ways to learn;
``running`` fits them fold by fold, ``judging`` makes the figures, ``page`` and ``compare`` write them down.
"""
