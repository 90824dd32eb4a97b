"""Looking for an id in records without reading each of them."""

import json

import orjson

from pipeline.engine.fold import Record


class Needle:
    """Call it with a record: whether its value may hold one of some ids. Then it has to be read to be sure."""

    def __init__(self, *ids: str) -> None:
        """Looks for these ids as JSON is usually written: in UTF-8, or with escapes for what is not ASCII."""
        self._written = {written for each in ids for written in _writings(each)}

    def __call__(self, record: Record) -> bool:
        value = record[3]
        return value is not None and any(written in value for written in self._written)


def _writings(text: str) -> tuple[bytes, bytes]:
    return orjson.dumps(text)[1:-1], json.dumps(text)[1:-1].encode()
