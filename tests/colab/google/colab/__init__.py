"""Stands in for Colab's own package where its versions are tried: `make test-colab`."""

from google.colab import drive

__all__ = ["drive"]
