"""What is known about functions and methods by name: the lists that the screen stands on.

Everything here is a promise that a call has no effect beside its result, takes nothing but its
arguments into account, and keeps none of them changed.  What is not on a list is not known.
"""

from __future__ import annotations

import builtins
import sys
import types
from typing import Any, Literal

from treadle.notebook.cell.reasons import Reason

#: Builtins whose call is pure if the operators of their arguments are.
PURE_BUILTINS = frozenset(
    """abs all any ascii bin bool bytes bytearray callable chr complex dict divmod enumerate
    filter float format frozenset hash hasattr hex id int isinstance issubclass iter len list map
    max min oct ord pow range repr reversed round set slice sorted str sum tuple type zip
    object""".split()
)

#: Of those, the ones that make something new whatever they are given.
FRESH_BUILTINS = frozenset("list dict set sorted bytearray".split())

#: Of those, the ones whose result is a number, a text or a truth value.
SCALAR_BUILTINS = frozenset(
    """abs all any ascii bin bool bytes callable chr complex divmod float format hash hasattr hex
    id int isinstance issubclass len oct ord range repr round str""".split()
)

#: Of those, the ones that make an iterator.
ITERATOR_BUILTINS = frozenset("enumerate filter iter map reversed zip".split())

_EFFECTS = {
    "print": "PAR105",
    "input": "PAR104",
    **dict.fromkeys(
        """open exec eval compile globals locals vars setattr delattr __import__ breakpoint exit
        quit help display get_ipython""".split(),
        "PAR103",
    ),
}

#: Functions of modules, by module; ``*`` stands for all but those named after it.
PURE_FUNCTIONS: dict[str, frozenset[str]] = {
    "math": frozenset({"*"}),
    "cmath": frozenset({"*"}),
    "statistics": frozenset({"*", "NormalDist"}),
    "operator": frozenset(
        """add sub mul truediv floordiv mod pow neg pos abs eq ne lt le gt ge and_ or_ xor not_
        invert lshift rshift matmul concat contains countOf indexOf getitem index truth""".split()
    ),
    "time": frozenset({"sleep"}),
    "json": frozenset({"loads", "dumps"}),
    "re": frozenset({"findall", "fullmatch", "match", "search", "split", "sub", "escape"}),
    "copy": frozenset({"copy", "deepcopy"}),
    "hashlib": frozenset(),
    "os.path": frozenset(
        {"basename", "dirname", "exists", "getsize", "isdir", "isfile", "join", "splitext"}
    ),
    "zlib": frozenset({"adler32", "compress", "crc32", "decompress"}),
    "bz2": frozenset({"compress", "decompress"}),
    "lzma": frozenset({"compress", "decompress"}),
    "base64": frozenset({"b64encode", "b64decode", "b16encode", "b16decode", "b85encode"}),
    "numpy": frozenset({"*"}),
    "numpy.linalg": frozenset({"*"}),
    "numpy.fft": frozenset({"*"}),
    "pandas": frozenset(
        """DataFrame Series Index MultiIndex Categorical Timestamp Timedelta concat merge
        merge_asof to_datetime to_numeric to_timedelta date_range period_range timedelta_range cut
        qcut get_dummies melt pivot pivot_table crosstab isna isnull notna notnull unique
        value_counts factorize read_csv read_table read_fwf read_json read_parquet read_feather
        read_excel read_pickle read_orc""".split()
    ),
}

_MODULE_ALIASES = {"posixpath": "os.path", "ntpath": "os.path", "_operator": "operator"}

#: Readers of files: what they return is new through and through.
READERS = frozenset(
    """read_csv read_table read_fwf read_json read_parquet read_feather read_excel read_orc load
    loadtxt genfromtxt loads""".split()
)

#: Functions of NumPy and pandas whose result shares nothing with their arguments.
FRESH_FUNCTIONS = (
    frozenset(
        """array zeros ones empty full arange linspace logspace eye identity zeros_like ones_like
    empty_like full_like concatenate stack vstack hstack tile repeat where cumsum cumprod sort
    argsort unique sum mean std var median dot matmul date_range concat merge copy deepcopy
    read_pickle crosstab pivot_table bincount histogram diff outer inner""".split()
    )
    | READERS
)

_NUMPY_EFFECTS = frozenset(
    """random save savez savez_compressed savetxt seterr seterrcall setbufsize
    set_printoptions set_string_function shuffle put copyto place putmask fill_diagonal
    put_along_axis fromiter nditer memmap lib testing ctypeslib f2py apply_along_axis vectorize
    frompyfunc apply_over_axes piecewise fromfunction errstate printoptions show_config info
    getbufsize nested_iters ndenumerate ndindex flatiter broadcast fromfile""".split()
)

#: Classes whose call makes a new value and does nothing else.
PURE_CLASSES = frozenset(
    """int float complex bool str bytes bytearray list dict tuple set frozenset range slice
    object type date time datetime timedelta timezone Decimal Fraction Path PosixPath
    PurePath PurePosixPath UUID OrderedDict Counter deque defaultdict DataFrame Series Index
    MultiIndex Categorical Timestamp Timedelta ndarray zip enumerate reversed map filter dtype
    ZoneInfo""".split()
)

#: Methods that change their object; allowed on what the function itself made.
MUTATORS = frozenset(
    """append extend insert remove pop popitem clear sort reverse add discard update setdefault
    appendleft extendleft popleft rotate intersection_update difference_update
    symmetric_difference_update fill put resize setflags itemset partition byteswap subtract
    move_to_end """.split()
)

#: Methods that change nothing on any builtin, NumPy or pandas type.
PURE_METHODS = frozenset(
    """
    capitalize casefold center count encode endswith expandtabs find format format_map index
    isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace
    istitle isupper join ljust lower lstrip removeprefix removesuffix replace rfind
    rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title
    translate upper zfill decode hex contains extract extractall get_dummies
    get items keys values copy union intersection difference symmetric_difference isdisjoint
    issubset issuperset most_common elements total
    bit_length bit_count conjugate is_integer as_integer_ratio to_bytes
    isoformat strftime date time timetuple isocalendar toordinal weekday isoweekday
    normalize day_name month_name total_seconds tz_localize tz_convert to_period to_timestamp
    findall fullmatch match search sub group groups groupdict span start end
    with_suffix with_name with_stem joinpath relative_to as_posix is_absolute exists is_file
    is_dir read_text read_bytes stat
    all any argmax argmin argsort astype clip cumprod cumsum diagonal dot flatten item max mean
    min nonzero prod ptp ravel reshape round squeeze std sum swapaxes take tobytes tolist trace
    transpose var view
    abs add_prefix add_suffix agg aggregate align apply applymap asfreq asof assign at_time
    between between_time bfill combine combine_first compare convert_dtypes corr corrwith cov
    cummax cummin describe diff div divide droplevel drop drop_duplicates dropna duplicated
    eq equals explode factorize ffill fillna filter first first_valid_index floordiv ge
    get_group groupby gt head idxmax idxmin infer_objects interpolate isin isna isnull
    join kurt kurtosis last last_valid_index le lt mad map mask median melt memory_usage merge
    mod mode mul multiply ne nlargest notna notnull nsmallest nth nunique pct_change pivot
    pivot_table pow product quantile radd rank rdiv reindex reindex_like rename
    rename_axis reorder_levels reset_index resample rfloordiv rmod rmul rolling expanding ewm
    rpow rsub rtruediv searchsorted select_dtypes sem set_axis set_index shift skew sort_index
    sort_values stack swaplevel tail to_dict to_frame to_list to_numpy to_records to_string
    truediv truncate unique unstack value_counts where xs ngroup cumcount size transform
    pipe floor ceil to_pydatetime get_level_values slice len repeat pad
    ohlc to_series to_julian_date
    """.split()
)

#: Of those, the ones whose result is a new object that may be changed.
FRESH_METHODS = frozenset(
    """copy agg aggregate sum mean count min max median std var reset_index merge sort_values
    sort_index assign dropna fillna drop rename to_dict to_list tolist split rsplit
    splitlines astype describe value_counts nlargest nsmallest set_index reindex pivot_table
    melt cumsum cumprod flatten argsort union intersection difference symmetric_difference
    drop_duplicates round abs to_frame unstack stack join size nunique""".split()
)

#: Methods that take functions to call: harmless, since the screen looks at every function it sees.
_METHODS_OF_FILES = frozenset({"read", "readline", "readlines"})

RANDOM_MODULES = ("random", "numpy.random", "secrets")


#: Methods of generators that change nothing but the generator.
RANDOM_METHODS = frozenset(
    """beta binomial bytes chisquare choice choices dirichlet exponential gamma gauss geometric
    gumbel integers laplace logistic lognormal multinomial multivariate_normal normal normalvariate
    pareto permutation poisson rand randint randn random random_sample randrange rayleigh sample
    standard_normal triangular uniform vonmises wald weibull zipf betavariate expovariate""".split()
)


def makes_generator(value: Any) -> bool:
    """Tell whether a call with a seed makes a random generator of one's own."""
    name = getattr(value, "__name__", "")
    if name == "Random":
        return _lives_in(value, "random", name)
    return name in ("default_rng", "RandomState") and _lives_in(value, "numpy.random", name)


def is_random(value: Any) -> bool:
    """Tell whether a module, function or method draws from random state."""
    module = value.__name__ if isinstance(value, types.ModuleType) else _module_of(value)
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        module = type(owner).__module__
    return module in RANDOM_MODULES or module.startswith("numpy.random")


def is_open(value: Any) -> bool:
    """Tell whether a function is ``open``, or what IPython puts in its place."""
    if value is builtins.open:
        return True
    code = getattr(value, "__code__", None)
    return (
        getattr(value, "__wrapped__", None) is builtins.open
        and getattr(code, "co_name", "") == "_modified_open"
    )


def judge_known(value: Any, name: str) -> Reason | Literal[True] | None:
    """Judge a callable written by others.

    Returns
    -------
    True if its call is pure, a `Reason` if it is known not to be, None if it is not known.

    Examples
    --------
    >>> import math
    >>> judge_known(math.sqrt, "math.sqrt"), judge_known(open, "open")
    (True, Reason(code='PAR103', detail='open'))
    """
    if is_random(value):
        return Reason("PAR203", name)
    own_name = getattr(value, "__name__", "")
    if not isinstance(own_name, str):
        return None
    if getattr(builtins, own_name, None) is value:
        if own_name in PURE_BUILTINS or (isinstance(value, type) and own_name in PURE_CLASSES):
            return True
        if isinstance(value, type) and issubclass(value, BaseException):
            return True
        return Reason(_EFFECTS.get(own_name, "PAR108"), name)
    module = _module_of(value)
    home = _MODULE_ALIASES.get(module, module)
    if isinstance(value, type):
        package = module.partition(".")[0]
        trusted = ("datetime", "decimal", "fractions", "pathlib", "uuid", "collections", "numpy",
                   "pandas", "zoneinfo")  # fmt: skip
        if package in trusted and own_name in PURE_CLASSES:
            return True
        numpy = sys.modules.get("numpy")
        return True if numpy is not None and issubclass(value, numpy.generic) else None
    if home == "time" and own_name != "sleep":
        return Reason("PAR204", name)
    names = PURE_FUNCTIONS.get(home)
    if names is not None and (own_name in names or ("*" in names and home != "numpy")):
        return True if _lives_in(value, home, own_name) else None
    if module.partition(".")[0] == "numpy" or _is_ufunc(value):
        return _judge_numpy(value, own_name, name)
    if module.partition(".")[0] == "pandas":
        if own_name in PURE_FUNCTIONS["pandas"] and _lives_in(value, "pandas", own_name):
            return True
        return None
    root = module.partition(".")[0]
    if root in ("os", "posix", "subprocess", "shutil", "requests", "urllib", "socket", "matplotlib",
                "IPython", "ipywidgets", "logging", "warnings", "sys", "threading", "sqlite3",
                "pickle", "tempfile", "tqdm"):  # fmt: skip
        return Reason("PAR103", name)
    for home in ("json", "re", "copy", "os.path"):
        if own_name in PURE_FUNCTIONS[home] and _lives_in(value, home, own_name):
            return True
    return None


def _judge_numpy(value: Any, own_name: str, name: str) -> Reason | Literal[True] | None:
    if own_name in _NUMPY_EFFECTS:
        return Reason("PAR103", name)
    for home in ("numpy", "numpy.linalg", "numpy.fft"):
        if _lives_in(value, home, own_name):
            return True
    return None


#: Positional arguments that these take before ``out``.
_BEFORE_OUT = {"dot": 2, "concatenate": 2, "round": 2, "around": 2, "argmax": 2, "argmin": 2}


def writes_out(value: Any, positional: int, keywords: Any) -> bool:
    """Tell whether a call might write its result into an argument (``out``, ``inplace``).

    Examples
    --------
    >>> writes_out(sorted, 1, ["key"]), writes_out(max, 2, ["out"])
    (False, True)
    """
    if "out" in keywords or "inplace" in keywords or "file" in keywords:
        return True
    if _is_ufunc(value):
        return bool(positional > value.nin)
    if isinstance(value, type) or _module_of(value).partition(".")[0] != "numpy":
        return False
    return positional > _BEFORE_OUT.get(getattr(value, "__name__", ""), 3)


def _is_ufunc(value: Any) -> bool:
    return type(value).__name__ == "ufunc" and type(value).__module__ == "numpy"


def _lives_in(value: Any, home: str, own_name: str) -> bool:
    """Guard against impostors: the name in its home module must be this very object."""
    module = sys.modules.get(home)
    return module is not None and getattr(module, own_name, None) is value


def _module_of(value: Any) -> str:
    module = getattr(value, "__module__", None)
    if module is None:
        owner = getattr(value, "__self__", None)
        module = owner.__name__ if isinstance(owner, types.ModuleType) else ""
    return module if isinstance(module, str) else ""


_impure: dict[int, frozenset[str]] = {}


def impure_method_names() -> frozenset[str]:
    """Names of methods of builtin, NumPy and pandas types that are not known to be pure."""
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    key = (numpy is not None) + 2 * (pandas is not None)
    if key not in _impure:
        types_: list[type] = [list, dict, set, str, bytearray]
        types_ += [numpy.ndarray] if numpy is not None else []
        types_ += [pandas.DataFrame, pandas.Series, pandas.Index] if pandas is not None else []
        names = {
            name
            for cls in types_
            for name in dir(cls)
            if not name.startswith("_") and callable(getattr(cls, name, None))
        }
        accessors = {"plot", "str", "dt", "cat", "sparse", "flags", "hist", "loc", "iloc"}
        _impure[key] = frozenset(names - PURE_METHODS - accessors | {"plot", "hist"})
    return _impure[key]
