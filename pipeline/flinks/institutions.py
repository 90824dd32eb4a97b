"""Institutions that get a metric label of their own unless the settings say otherwise."""

from typing import Final

SANDBOX: Final = "FlinksCapital"
"""Flinks' make-believe bank; left out of metrics unless asked for."""

INSTITUTIONS: Final = (
    "ATB",
    "BMO",
    "CIBC",
    "Coast Capital",
    "Desjardins",
    "EQBank",
    "Laurentienne",
    "Meridian",
    "National",
    "RBC",
    "Scotia",
    "Simplii",
    "Tangerine",
    "TD",
)
"""The names that Flinks' own pages and public code show."""
