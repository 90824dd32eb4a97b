"""Types of the arrays, how they grow with the series, and how they are written down."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

Packed: TypeAlias = dict[str, tuple[list[int], bytes]]
"""Name to (shape, float64 values, little endian)."""

_LITTLE: Final = "<f8"


def grown(array: Floats, series: int) -> Floats:
    """The array with its last axis, the series, as long as asked for; what is new is 0."""
    more = series - array.shape[-1]
    return np.concatenate([array, np.zeros((*array.shape[:-1], more))], axis=-1) if more else array


class Part:
    """A part of the baselines: some arrays that have the series as their last axis."""

    arrays: tuple[str, ...] = ()
    """Names of the attributes, which are the part's whole state."""

    def grow(self, series: int) -> None:
        for name in self.arrays:
            setattr(self, name, grown(getattr(self, name), series))

    def pack(self) -> Packed:
        found: dict[str, Any] = {name: getattr(self, name) for name in self.arrays}
        return {name: (list(array.shape), array.astype(_LITTLE).tobytes()) for name, array in found.items()}

    def unpack(self, packed: Mapping[str, tuple[list[int], bytes]]) -> None:
        for name in self.arrays:
            shape, data = packed[name]
            setattr(self, name, np.frombuffer(data, _LITTLE).astype(np.float64).reshape(shape))
