"""The rules of visits and sessions as a plain program, to judge the streaming one by.

It imports nothing of `pipeline`: its tables and its reading of events are its own. Whatever can be is
computed anew from a window's set of events, so that a reader can hold each function beside its sentence.
"""

from tests.oracle.program import Oracle, no_garbage_collection, run

__all__ = ["Oracle", "no_garbage_collection", "run"]
