"""Fourier transforms: ``da.fft``."""
