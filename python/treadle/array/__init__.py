"""Blocked arrays with NumPy's interface.

>>> import treadle.array as da
>>> x = da.ones((4, 4), chunks=2)
>>> (x + x.T).sum().compute()
np.float64(32.0)
"""

from treadle.array.core import Array  # first: the modules below lean on it
from treadle.array import fft, lib, linalg, ma, random, stats
from treadle.array.chunks import normalize_chunks
from treadle.array.elementwise import elemwise
from treadle.array.arranging import *
from treadle.array.assignment import *
from treadle.array.block_view import *
from treadle.array.broadcasting import *
from treadle.array.choosing import *
from treadle.array.creation import *
from treadle.array.cumulative import *
from treadle.array.delayed_blocks import *
from treadle.array.differences import *
from treadle.array.dimensions import *
from treadle.array.dtypes import *
from treadle.array.fancy import *
from treadle.array.flipping import *
from treadle.array.from_array import *
from treadle.array.gufunc import *
from treadle.array.histogram import *
from treadle.array.indexing import *
from treadle.array.io.hdf5 import *
from treadle.array.io.npy import *
from treadle.array.io.raw import *
from treadle.array.io.store import *
from treadle.array.io.zarr import *
from treadle.array.joining import *
from treadle.array.mapping import *
from treadle.array.namespace import *
from treadle.array.numpy_protocols import *
from treadle.array.overlap import *
from treadle.array.padding import *
from treadle.array.plan import *
from treadle.array.products import *
from treadle.array.rechunk import *
from treadle.array.reductions import *
from treadle.array.reshaping import *
from treadle.array.selection import *
from treadle.array.sets import *
from treadle.array.shuffle import *
from treadle.array.sorting import *
from treadle.array.splitting import *
from treadle.array.statistics import *
from treadle.array.ufuncs import *
from treadle.array.vindex import *
