"""Passes the answers of Flinks' API on to a collector, in two lines of a backend.

    flinks = Client("https://collect.example.com", key)
    flinks.send(answer, endpoint="GetAccountsDetail")

Uses nothing but Python's standard library, so that a backend takes on no dependencies.
"""

from pipeline.client.client import Client

__all__ = ["Client"]
