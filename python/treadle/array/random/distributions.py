"""The distributions that ``Generator`` and ``RandomState`` have in common.

Each method draws as NumPy's method of the same name does.  Arguments may be arrays, in blocks or
in memory; they are broadcast to ``size``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from treadle.array.core import Array
from treadle.array.random.drawing import Whole, drawn
from treadle.array.random.streams import Seeded


class Distributions(Seeded):
    """Draws arrays.  ``size`` is their shape, and ``chunks`` are the lengths of their blocks."""

    def _draw(
        self, method: str, args: Any, size: Any, chunks: Any, kwargs: Any = None, **options: Any
    ) -> Array:
        return drawn(self._next_streams(), method, args, size, chunks, kwargs, **options)

    def beta(self, a: Any, b: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Beta distribution; see :meth:`numpy.random.Generator.beta`."""
        return self._draw("beta", (a, b), size, chunks, kwargs)

    def binomial(
        self, n: Any, p: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Binomial distribution; see :meth:`numpy.random.Generator.binomial`."""
        return self._draw("binomial", (n, p), size, chunks, kwargs)

    def chisquare(self, df: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Chi-square distribution; see :meth:`numpy.random.Generator.chisquare`."""
        return self._draw("chisquare", (df,), size, chunks, kwargs)

    def dirichlet(self, alpha: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Dirichlet distribution; see :meth:`numpy.random.Generator.dirichlet`."""
        args = (Whole(np.asarray(alpha)),)
        return self._draw("dirichlet", args, size, chunks, kwargs, after=(len(alpha),))

    def exponential(
        self, scale: Any = 1.0, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Exponential distribution; see :meth:`numpy.random.Generator.exponential`."""
        return self._draw("exponential", (scale,), size, chunks, kwargs)

    def f(
        self, dfnum: Any, dfden: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """F distribution; see :meth:`numpy.random.Generator.f`."""
        return self._draw("f", (dfnum, dfden), size, chunks, kwargs)

    def gamma(
        self, shape: Any, scale: Any = 1.0, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Gamma distribution; see :meth:`numpy.random.Generator.gamma`."""
        return self._draw("gamma", (shape, scale), size, chunks, kwargs)

    def geometric(self, p: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Geometric distribution; see :meth:`numpy.random.Generator.geometric`."""
        return self._draw("geometric", (p,), size, chunks, kwargs)

    def gumbel(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Gumbel distribution; see :meth:`numpy.random.Generator.gumbel`."""
        return self._draw("gumbel", (loc, scale), size, chunks, kwargs)

    def hypergeometric(
        self,
        ngood: Any,
        nbad: Any,
        nsample: Any,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Hypergeometric distribution; see :meth:`numpy.random.Generator.hypergeometric`."""
        return self._draw("hypergeometric", (ngood, nbad, nsample), size, chunks, kwargs)

    def laplace(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Laplace distribution; see :meth:`numpy.random.Generator.laplace`."""
        return self._draw("laplace", (loc, scale), size, chunks, kwargs)

    def logistic(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Logistic distribution; see :meth:`numpy.random.Generator.logistic`."""
        return self._draw("logistic", (loc, scale), size, chunks, kwargs)

    def lognormal(
        self,
        mean: Any = 0.0,
        sigma: Any = 1.0,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Log-normal distribution; see :meth:`numpy.random.Generator.lognormal`."""
        return self._draw("lognormal", (mean, sigma), size, chunks, kwargs)

    def logseries(self, p: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Logarithmic series distribution; see :meth:`numpy.random.Generator.logseries`."""
        return self._draw("logseries", (p,), size, chunks, kwargs)

    def multinomial(
        self, n: Any, pvals: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Multinomial distribution; see :meth:`numpy.random.Generator.multinomial`."""
        args = (n, Whole(np.asarray(pvals, float)))
        return self._draw("multinomial", args, size, chunks, kwargs, after=(len(pvals),))

    def multivariate_normal(
        self, mean: Any, cov: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Multivariate normal distribution; see
        :meth:`numpy.random.Generator.multivariate_normal`."""
        args = (Whole(np.asarray(mean)), Whole(np.asarray(cov)))
        return self._draw("multivariate_normal", args, size, chunks, kwargs, after=(len(mean),))

    def negative_binomial(
        self, n: Any, p: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Negative binomial distribution; see :meth:`numpy.random.Generator.negative_binomial`."""
        return self._draw("negative_binomial", (n, p), size, chunks, kwargs)

    def noncentral_chisquare(
        self, df: Any, nonc: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Noncentral chi-square distribution; see
        :meth:`numpy.random.Generator.noncentral_chisquare`."""
        return self._draw("noncentral_chisquare", (df, nonc), size, chunks, kwargs)

    def noncentral_f(
        self,
        dfnum: Any,
        dfden: Any,
        nonc: Any,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Noncentral F distribution; see :meth:`numpy.random.Generator.noncentral_f`."""
        return self._draw("noncentral_f", (dfnum, dfden, nonc), size, chunks, kwargs)

    def normal(
        self,
        loc: Any = 0.0,
        scale: Any = 1.0,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Normal distribution; see :meth:`numpy.random.Generator.normal`."""
        return self._draw("normal", (loc, scale), size, chunks, kwargs)

    def pareto(self, a: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Pareto II distribution; see :meth:`numpy.random.Generator.pareto`."""
        return self._draw("pareto", (a,), size, chunks, kwargs)

    def poisson(
        self, lam: Any = 1.0, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Poisson distribution; see :meth:`numpy.random.Generator.poisson`."""
        return self._draw("poisson", (lam,), size, chunks, kwargs)

    def power(self, a: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Power distribution; see :meth:`numpy.random.Generator.power`."""
        return self._draw("power", (a,), size, chunks, kwargs)

    def rayleigh(
        self, scale: Any = 1.0, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Rayleigh distribution; see :meth:`numpy.random.Generator.rayleigh`."""
        return self._draw("rayleigh", (scale,), size, chunks, kwargs)

    def standard_cauchy(self, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Cauchy distribution; see :meth:`numpy.random.Generator.standard_cauchy`."""
        return self._draw("standard_cauchy", (), size, chunks, kwargs)

    def standard_exponential(self, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Exponential distribution; see :meth:`numpy.random.Generator.standard_exponential`."""
        return self._draw("standard_exponential", (), size, chunks, kwargs)

    def standard_gamma(
        self, shape: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Gamma distribution; see :meth:`numpy.random.Generator.standard_gamma`."""
        return self._draw("standard_gamma", (shape,), size, chunks, kwargs)

    def standard_normal(self, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Normal distribution; see :meth:`numpy.random.Generator.standard_normal`."""
        return self._draw("standard_normal", (), size, chunks, kwargs)

    def standard_t(self, df: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Student's t distribution; see :meth:`numpy.random.Generator.standard_t`."""
        return self._draw("standard_t", (df,), size, chunks, kwargs)

    def triangular(
        self,
        left: Any,
        mode: Any,
        right: Any,
        size: Any = None,
        chunks: Any = "auto",
        **kwargs: Any,
    ) -> Array:
        """Triangular distribution; see :meth:`numpy.random.Generator.triangular`."""
        return self._draw("triangular", (left, mode, right), size, chunks, kwargs)

    def uniform(
        self, low: Any = 0.0, high: Any = 1.0, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Uniform distribution; see :meth:`numpy.random.Generator.uniform`."""
        return self._draw("uniform", (low, high), size, chunks, kwargs)

    def vonmises(
        self, mu: Any, kappa: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Von Mises distribution; see :meth:`numpy.random.Generator.vonmises`."""
        return self._draw("vonmises", (mu, kappa), size, chunks, kwargs)

    def wald(
        self, mean: Any, scale: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any
    ) -> Array:
        """Wald distribution; see :meth:`numpy.random.Generator.wald`."""
        return self._draw("wald", (mean, scale), size, chunks, kwargs)

    def weibull(self, a: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Weibull distribution; see :meth:`numpy.random.Generator.weibull`."""
        return self._draw("weibull", (a,), size, chunks, kwargs)

    def zipf(self, a: Any, size: Any = None, chunks: Any = "auto", **kwargs: Any) -> Array:
        """Zipf distribution; see :meth:`numpy.random.Generator.zipf`."""
        return self._draw("zipf", (a,), size, chunks, kwargs)
