"""Random arrays: ``da.random``.

The functions draw from one generator that all share; :func:`seed` begins it anew.

>>> import treadle.array as da
>>> rng = da.random.default_rng(42)
>>> rng.integers(0, 10, size=(2, 3), chunks=2).shape
(2, 3)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.core import Array
from treadle.array.random.generator import Generator, default_rng
from treadle.array.random.random_state import RandomState

_shared = Generator()


def seed(seed: Any = None) -> None:
    """Begin the generator that the functions of this module share with a seed.

    Parameters
    ----------
    seed : int, sequence of int or other seed, optional

    Examples
    --------
    >>> import treadle.array as da
    >>> da.random.seed(7)
    >>> x = da.random.random(5, chunks=2)
    >>> da.random.seed(7)
    >>> x.name == da.random.random(5, chunks=2).name
    True
    """
    _shared._begin_again(seed)


def random_sample(size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
    """Numbers from 0 up to but not 1; see :meth:`Generator.random`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.random.random_sample(5, chunks=2).chunks
    ((2, 2, 1),)
    """
    return _shared.random(size, chunks=chunks, **kwargs)


def randint(
    low: Any,
    high: Any = None,
    size: Any = None,
    chunks: Any = "auto",
    dtype: Any = np.int64,
    **kwargs: Any,
) -> Array:
    """Whole numbers from ``low`` up to but not ``high``; see :meth:`Generator.integers`.

    Examples
    --------
    >>> import treadle.array as da
    >>> da.random.randint(3, size=5, chunks=2).shape
    (5,)
    """
    return _shared.integers(low, high, size, dtype, chunks=chunks, **kwargs)


def random_integers(
    low: Any, high: Any = None, size: Any = None, chunks: Any = "auto", **kwargs: Any
) -> Array:
    """Whole numbers from ``low`` to ``high``, which is one of them; from 1 if it is alone.

    Examples
    --------
    >>> import treadle.array as da
    >>> bool((da.random.random_integers(1, size=5, chunks=2) == 1).all())
    True
    """
    if high is None:
        low, high = 1, low
    return _shared.integers(low, high, size, endpoint=True, chunks=chunks, **kwargs)


# fmt: off
beta = _shared.beta
binomial = _shared.binomial
chisquare = _shared.chisquare
choice = _shared.choice
dirichlet = _shared.dirichlet
exponential = _shared.exponential
f = _shared.f
gamma = _shared.gamma
geometric = _shared.geometric
gumbel = _shared.gumbel
hypergeometric = _shared.hypergeometric
integers = _shared.integers
laplace = _shared.laplace
logistic = _shared.logistic
lognormal = _shared.lognormal
logseries = _shared.logseries
multinomial = _shared.multinomial
multivariate_hypergeometric = _shared.multivariate_hypergeometric
multivariate_normal = _shared.multivariate_normal
negative_binomial = _shared.negative_binomial
noncentral_chisquare = _shared.noncentral_chisquare
noncentral_f = _shared.noncentral_f
normal = _shared.normal
pareto = _shared.pareto
permutation = _shared.permutation
poisson = _shared.poisson
power = _shared.power
random = _shared.random
rayleigh = _shared.rayleigh
standard_cauchy = _shared.standard_cauchy
standard_exponential = _shared.standard_exponential
standard_gamma = _shared.standard_gamma
standard_normal = _shared.standard_normal
standard_t = _shared.standard_t
triangular = _shared.triangular
uniform = _shared.uniform
vonmises = _shared.vonmises
wald = _shared.wald
weibull = _shared.weibull
zipf = _shared.zipf
# fmt: on

__all__ = [
    "Generator", "RandomState", "beta", "binomial", "chisquare", "choice", "default_rng",
    "dirichlet", "exponential", "f", "gamma", "geometric", "gumbel", "hypergeometric", "integers",
    "laplace", "logistic", "lognormal", "logseries", "multinomial", "multivariate_hypergeometric",
    "multivariate_normal", "negative_binomial", "noncentral_chisquare", "noncentral_f", "normal",
    "pareto", "permutation", "poisson", "power", "randint", "random", "random_integers",
    "random_sample", "rayleigh", "seed", "standard_cauchy", "standard_exponential",
    "standard_gamma", "standard_normal", "standard_t", "triangular", "uniform", "vonmises", "wald",
    "weibull", "zipf",
]  # fmt: skip
