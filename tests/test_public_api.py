"""The public surface, name by name. A change here is a change for users: it wants a changelog line.

Signatures are compared as they are written, so a renamed or reordered argument is noticed.
"""

from __future__ import annotations

import importlib
import inspect
import pickle
from types import ModuleType

import cloudpickle
import numpy as np
import pytest

import treadle
import treadle.array
import treadle.dataframe

SCHEDULER = "scheduler: 'SchedulerLike' = None, num_workers: 'int | None' = None"
COMPUTE = f"*args: 'Any', traverse: 'bool' = True, optimize_graph: 'bool' = True, {SCHEDULER}"

# name: (module that defines it, signature)
FUNCTIONS = {
    "annotate": ("treadle.base", "(**annotations: 'Any') -> 'Iterator[None]'"),
    "compute": ("treadle.base", f"({COMPUTE}) -> 'tuple[Any, ...]'"),
    "delayed": (
        "treadle.delayed",
        "(obj: 'Any', name: 'str | None' = None, pure: 'bool | None' = None, "
        "nout: 'int | None' = None, traverse: 'bool' = True) -> 'Any'",
    ),
    "fire_and_forget": ("treadle.cluster.client.nested", "(obj: 'Any') -> 'None'"),
    "get": ("treadle.base", f"(graph: 'Mapping[Key, Any]', keys: 'Any', {SCHEDULER}) -> 'Any'"),
    "get_annotations": ("treadle.base", "() -> 'dict[str, Any]'"),
    "get_client": (
        "treadle.cluster.client.current",
        "(address: 'str | None' = None, timeout: 'float | None' = None, "
        "resolve_address: 'bool' = True) -> 'Client'",
    ),
    "get_worker": ("treadle.cluster.worker.context", "() -> 'Worker'"),
    "is_treadle_collection": ("treadle.base", "(value: 'object') -> 'bool'"),
    "normalize_token": ("treadle.graph.tokenize", "(value: 'Any') -> 'Any'"),
    "persist": ("treadle.base", f"({COMPUTE}) -> 'tuple[Any, ...]'"),
    "progress": (
        "treadle.cluster.client.progress",
        "(*futures: 'Any', notebook: 'bool | None' = None, multi: 'bool' = True, "
        "complete: 'bool' = True, group_by: 'str' = 'prefix', interval: 'float' = 0.1, "
        "**kwargs: 'Any') -> 'None'",
    ),
    "rejoin": ("treadle.cluster.worker.context", "() -> 'None'"),
    "secede": ("treadle.cluster.worker.context", "() -> 'None'"),
    "tokenize": ("treadle.graph.tokenize", "(*args: 'Any', **kwargs: 'Any') -> 'str'"),
    "visualize": (
        "treadle.base",
        "(*args: 'Any', filename: 'str | None' = None, traverse: 'bool' = True, "
        "optimize_graph: 'bool' = False) -> 'Any'",
    ),
    "wait": (
        "treadle.cluster.client.waiting",
        "(fs: 'Any', timeout: 'float | str | None' = None, return_when: 'str' = 'ALL_COMPLETED') "
        "-> 'Any'",
    ),
    "worker_client": (
        "treadle.cluster.worker.context",
        "(timeout: 'float | None' = None, separate_thread: 'bool' = True) -> 'Iterator[Client]'",
    ),
}
CLASSES = {
    "Client": "treadle.cluster.client.client",
    "Delayed": "treadle.delayed",
    "Future": "treadle.cluster.client.future",
    "LocalCluster": "treadle.deploy.local",
    "as_completed": "treadle.cluster.client.as_completed",
}
METHODS = {
    "compute": "(self, **kwargs: 'Any') -> 'Any'",
    "persist": "(self, **kwargs: 'Any') -> 'Delayed'",
    "visualize": "(self, filename: 'str | None' = None, optimize_graph: 'bool' = False) -> 'Any'",
}
# Names of arguments, which are those of dask.distributed.
WISHES = "workers allow_other_workers resources retries priority fifo_timeout actors"
CLIENT = {
    "submit": "func *args key workers resources retries priority fifo_timeout allow_other_workers "
    "actor actors pure **kwargs",
    "map": "func *iterables key workers retries resources priority allow_other_workers "
    "fifo_timeout actor actors pure batch_size **kwargs",
    "gather": "futures errors direct asynchronous",
    "scatter": "data workers broadcast direct hash timeout asynchronous",
    "compute": f"collections sync optimize_graph {WISHES} traverse **kwargs",
    "persist": f"collections optimize_graph {WISHES} **kwargs",
    "get": "dsk keys workers allow_other_workers resources sync asynchronous direct retries "
    "priority fifo_timeout actors **kwargs",
    "cancel": "futures asynchronous force reason msg",
    "retry": "futures asynchronous",
    "who_has": "futures **kwargs",
    "has_what": "workers **kwargs",
    "nbytes": "keys summary **kwargs",
    "processing": "workers",
    "story": "*keys on_error",
    "why": "key",
    "scheduler_info": "n_workers **kwargs",
    "nthreads": "workers **kwargs",
    "ncores": "workers **kwargs",
    "wait_for_workers": "n_workers timeout",
    "restart": "timeout wait_for_workers",
    "retire_workers": "workers close_workers **kwargs",
    "run": "function *args workers wait nanny on_error **kwargs",
    "publish_dataset": "*args name override **kwargs",
    "get_dataset": "name default **kwargs",
    "list_datasets": "**kwargs",
    "unpublish_dataset": "name **kwargs",
    "get_executor": "**kwargs",
    "close": "timeout",
    "shutdown": "",
}
FUTURE = {
    "result": "timeout",
    "exception": "timeout",
    "traceback": "timeout",
    "done": "",
    "cancelled": "",
    "cancel": "reason msg force",
    "retry": "",
    "add_done_callback": "fn",
    "release": "",
}
MODULES = ["config", "errors", "widgets"]
CONFIG = ["get", "set"]
WIDGETS = ["RunProgress"]
ERRORS = [
    "AddressError",
    "ClientClosed",
    "ClusterError",
    "CommError",
    "ConfigError",
    "ConnectError",
    "ConnectionClosed",
    "CsvDtypeError",
    "CsvError",
    "CycleError",
    "DataFileError",
    "DataLost",
    "DeserializeError",
    "FrameError",
    "GraphError",
    "HandshakeError",
    "KeyConflict",
    "LateDtypeWarning",
    "MissingKeyError",
    "NoWorkers",
    "PlanWarning",
    "RecordError",
    "RemoteError",
    "RunCancelled",
    "SchedulerLost",
    "SpillError",
    "SqlDtypeError",
    "TaskCancelled",
    "TaskExited",
    "TreadleError",
    "UnknownKey",
    "UnknownSchedulerError",
    "UnpicklableError",
    "WorkerDied",
]

# What `treadle.array` has, and its namespaces.
ARRAY = {
    "": """
Array BlockView Plan VIndex abs absolute acos acosh add all allclose angle any append
apply_along_axis apply_gufunc apply_numpy_function apply_numpy_ufunc apply_over_axes arange
arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort argtopk argwhere
around array array_equal array_equiv array_namespace array_repr array_split array_str as_gufunc
asanyarray asarray ascontiguousarray asfortranarray asin asinh astype atan atan2 atanh
atleast_1d atleast_2d atleast_3d average bincount bitwise_and bitwise_count bitwise_invert
bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor block blockwise bool
broadcast_arrays broadcast_to can_cast cbrt ceil choose clip coarsen column_stack common_type
complex128 complex64 compress concat concatenate conj conjugate copy copysign copyto corrcoef
cos cosh count_nonzero cov cumprod cumreduction cumsum cumulative_prod cumulative_sum deg2rad
degrees delete diag diagonal diff digitize divide divmod dot dsplit dstack e ediff1d einsum
elemwise empty empty_like equal euler_gamma exp exp2 expand_dims expm1 extract eye fabs finfo
fix flatnonzero flip fliplr flipud float32 float64 float_power floor floor_divide fmax fmin fmod
frexp from_array from_delayed from_dlpack from_npy_stack from_zarr fromfile fromfunction
frompyfunc full full_like gcd geomspace getitem gradient greater greater_equal gufunc heaviside
histogram histogram2d histogramdd hsplit hstack hypot i0 identity iinfo imag in1d indices inf
inner insert int16 int32 int64 int8 intersect1d invert isclose iscomplex iscomplexobj isdtype
isfinite isin isinf isnan isnat isneginf isnonzero isnull isposinf isreal isrealobj kron lcm
ldexp left_shift less less_equal linspace log log10 log1p log2 logaddexp logaddexp2 logical_and
logical_not logical_or logical_xor logspace map_blocks map_overlap matmul matrix_transpose
matvec max maximum may_share_memory mean median meshgrid min min_scalar_type minimum mod modf
moment moveaxis multiply nan nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean
nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndim negative newaxis
nextafter nonzero normalize_chunks not_equal notnull ones ones_like outer pad percentile
permute_dims pi piecewise plan positive pow power prod promote_types ptp push quantile rad2deg
radians ravel ravel_multi_index real rechunk reciprocal reduction register_chunk_type remainder
repeat reshape result_type right_shift rint roll rollaxis rot90 round searchsorted select
setdiff1d shape shares_memory shuffle sign signbit sin sinc sinh size sliding_window_view sort
spacing split sqrt square squeeze stack std store subtract sum swapaxes take take_along_axis tan
tanh tensordot tile to_delayed to_hdf5 to_npy_stack to_zarr tofile topk trace transpose tri tril
tril_indices tril_indices_from triu triu_indices triu_indices_from true_divide trunc ufunc
uint16 uint32 uint64 uint8 unify_chunks union1d unique unique_all unique_counts unique_inverse
unique_values unravel_index unstack vander var vdot vecdot vecmat view vsplit vstack where
with_elements with_known_chunks zeros zeros_like
""",
    "fft": """
fft fft2 fft_wrap fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2
irfftn rfft rfft2 rfftfreq rfftn
""",
    "lib.stride_tricks": """
sliding_window_view
""",
    "linalg": """
LinAlgError cholesky compression_level compression_matrix cond cross det diagonal eig eigh
eigvals eigvalsh inv lstsq lu matrix_norm matrix_power matrix_rank multi_dot norm pinv qr sfqr
slogdet solve solve_triangular svd svd_compressed svdvals tensorinv tensorsolve trace tsqr
vector_norm
""",
    "ma": """
average count empty_like filled fix_invalid getdata getmaskarray masked_array masked_equal
masked_greater masked_greater_equal masked_inside masked_invalid masked_less masked_less_equal
masked_not_equal masked_outside masked_values masked_where nonzero ones_like set_fill_value
where zeros_like
""",
    "random": """
Generator RandomState beta binomial chisquare choice default_rng dirichlet exponential f gamma
geometric gumbel hypergeometric integers laplace logistic lognormal logseries multinomial
multivariate_hypergeometric multivariate_normal negative_binomial noncentral_chisquare
noncentral_f normal pareto permutation poisson power randint random random_integers
random_sample rayleigh seed standard_cauchy standard_exponential standard_gamma standard_normal
standard_t triangular uniform vonmises wald weibull zipf
""",
    "stats": """
chisquare f_oneway kurtosis kurtosistest moment normaltest power_divergence skew skewtest
ttest_1samp ttest_ind ttest_rel
""",
}
ARRAY_METHODS = """
T all any argmax argmin argtopk astype blocks choose chunks chunksize clip compute
compute_chunk_sizes conj copy cumprod cumsum device dot dtype expr flatten imag item itemsize mT
map_blocks map_overlap max mean meta min moment name nbytes ndim nonzero npartitions numblocks
partitions persist plan prod ravel real rechunk repeat reshape round shape shuffle size squeeze
std store sum swapaxes to_delayed to_device to_hdf5 to_zarr tofile tolist topk trace transpose var
view vindex visualize
"""

# What `treadle.dataframe` has, and what its classes have.
DATAFRAME = """
Aggregation DataFrame Index Scalar Series concat datasets explain from_array from_delayed
from_dict from_map from_pandas get_dummies isna map_overlap map_partitions melt merge merge_asof
notna pivot_table plan read_csv read_json read_orc read_parquet read_sql read_sql_query
read_sql_table read_table repartition to_bag to_csv to_datetime to_json to_numeric to_orc
to_parquet to_records to_sql to_timedelta
"""
FRAMES = {
    ".core.DataFrame": """
T abs add add_prefix add_suffix agg aggregate all any apply assign astype at_time axes
between_time bfill categorize clear_divisions clip columns combine combine_first compute
compute_current_divisions copy corr count cov cummax cummin cumprod cumsum describe diff div
divide divisions dot drop drop_duplicates droplevel dropna dtypes duplicated empty
enforce_runtime_divisions eq eval ewm expanding explain explode expr ffill fillna filter floordiv
from_dict ge get get_partition groupby gt head idxmax idxmin iloc index info insert interpolate
isin isna isnull items iterrows itertuples join keys known_divisions kurt kurtosis le loc lt map
map_overlap map_partitions mask max mean median median_approximate melt memory_usage
memory_usage_per_partition merge min mod mode mul multiply name ndim ne nlargest notna notnull
npartitions nsmallest nunique nunique_approx partitions pct_change persist pipe pivot_table plan
pop pow prod product quantile query radd random_split rdiv reduction rename rename_axis
reorder_levels repartition replace resample reset_index rfloordiv rmod rmul rolling round rpow
rsub rtruediv sample select select_dtypes sem set_axis set_index shape shift shuffle size skew
sort_index sort_values squeeze stack std sub subtract sum swaplevel tail to_array to_bag to_csv
to_delayed to_json to_orc to_parquet to_period to_records to_sql to_timestamp transpose truediv
truncate tz_convert tz_localize value_counts values var visualize where
""",
    ".core.Series": """
T abs add add_prefix add_suffix agg aggregate all any apply astype at_time autocorr axes between
between_time bfill case_when cat clear_divisions clip combine combine_first compute
compute_current_divisions copy corr count cov cummax cummin cumprod cumsum describe diff div
divide divisions divmod dot drop drop_duplicates droplevel dropna dt dtype dtypes duplicated
empty enforce_runtime_divisions eq ewm expanding explain explode expr ffill fillna filter
floordiv ge get get_partition groupby gt hasnans head idxmax idxmin index interpolate
is_monotonic_decreasing is_monotonic_increasing is_unique isin isna isnull items keys
known_divisions kurt kurtosis le list loc lt map map_overlap map_partitions mask max mean median
median_approximate memory_usage memory_usage_per_partition min mod mode mul multiply name nbytes
ndim ne nlargest notna notnull npartitions nsmallest nunique nunique_approx partitions pct_change
persist pipe plan pow prod product quantile radd random_split rdiv rdivmod reduction rename
rename_axis reorder_levels repartition replace resample reset_index rfloordiv rmod rmul rolling
round rpow rsub rtruediv sample sem set_axis shape shift shuffle size skew sort_index sort_values
squeeze std str struct sub subtract sum swaplevel tail to_array to_bag to_csv to_delayed to_frame
to_json to_period to_sql to_timestamp truediv truncate tz_convert tz_localize unique value_counts
values var visualize where
""",
    ".core.Index": """
all any as_unit asfreq astype ceil components compute copy count date day day_name day_of_week
day_of_year dayofweek dayofyear days days_in_month daysinmonth divisions drop_duplicates
droplevel dtype duplicated empty end_time explain expr fillna floor get_level_values
get_partition has_duplicates hasnans head hour is_leap_year is_monotonic_decreasing
is_monotonic_increasing is_month_end is_month_start is_quarter_end is_quarter_start is_unique
is_year_end is_year_start isin isna isnull isocalendar known_divisions map map_overlap
map_partitions max memory_usage microsecond microseconds min minute month month_name name names
nanosecond nanoseconds nbytes ndim nlevels normalize notna notnull npartitions nunique
nunique_approx partitions persist pipe plan quarter qyear rename round second seconds set_names
shape shift size start_time str strftime tail time timetz to_array to_bag to_delayed to_frame
to_period to_series to_timestamp total_seconds tz tz_convert tz_localize unique value_counts
values visualize week weekday weekofyear year
""",
    ".core.Scalar": """
compute divisions explain expr key name persist plan to_delayed visualize
""",
    ".groupby.objects.DataFrameGroupBy": """
agg aggregate all any apply bfill corr count cov cumcount cummax cummin cumprod cumsum describe
diff expanding ffill filter first get_group head idxmax idxmin kurt last max mean median min ndim
ngroup nth nunique pct_change pipe prod quantile rank rolling sem shift size skew std sum tail
transform value_counts var
""",
    ".groupby.objects.SeriesGroupBy": """
agg aggregate all any apply bfill count cumcount cummax cummin cumprod cumsum describe diff
expanding ffill filter first get_group head idxmax idxmin kurt last max mean median min ndim
ngroup nth nunique pct_change pipe prod quantile rank rolling sem shift size skew std sum tail
transform unique value_counts var
""",
    ".windows.rolling.Rolling": """
agg aggregate apply corr count cov first kurt last max mean median min nunique pipe quantile rank
sem skew std sum var
""",
    ".windows.expanding.Expanding": """
count max mean min std sum var
""",
    ".windows.resample.Resampler": """
agg aggregate apply count first last max mean median min nunique ohlc pipe prod quantile sem size
std sum var
""",
    ".groupby.sliding.SlidingGroups": """
agg aggregate apply corr count cov kurt max mean median min quantile rank sem skew std sum var
""",
    ".elementwise.text.StringAccessor": """
capitalize casefold cat center contains count decode encode endswith extract extractall find
findall fullmatch get get_dummies index isalnum isalpha isascii isdecimal isdigit islower
isnumeric isspace istitle isupper join len ljust lower lstrip match normalize pad partition
removeprefix removesuffix repeat replace rfind rindex rjust rpartition rsplit rstrip slice
slice_replace split startswith strip swapcase title translate upper wrap zfill
""",
    ".elementwise.times.DatetimeAccessor": """
as_unit asfreq ceil components date day day_name day_of_week day_of_year dayofweek dayofyear days
days_in_month daysinmonth end_time floor freq hour is_leap_year is_month_end is_month_start
is_quarter_end is_quarter_start is_year_end is_year_start isocalendar microsecond microseconds
minute month month_name nanosecond nanoseconds normalize quarter qyear round second seconds
start_time strftime time timetz to_period to_timestamp total_seconds tz tz_convert tz_localize
unit week weekday weekofyear year
""",
    ".elementwise.categories.CategoricalAccessor": """
add_categories as_known as_ordered as_unknown as_unordered categories codes known ordered
remove_categories remove_unused_categories rename_categories reorder_categories set_categories
""",
}


def test_the_public_names_are_these():
    assert sorted(treadle.__all__) == sorted([*FUNCTIONS, *CLASSES, *MODULES, "__version__"])
    assert set(treadle.__all__) <= set(dir(treadle))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_its_signature_and_its_home(name: str):
    function = getattr(treadle, name)

    assert (function.__module__, str(inspect.signature(function))) == FUNCTIONS[name]


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_has_its_home(name: str):
    assert getattr(treadle, name).__module__ == CLASSES[name]


@pytest.mark.parametrize("name", METHODS)
def test_a_delayed_has_the_methods_of_every_collection(name: str):
    assert str(inspect.signature(getattr(treadle.Delayed, name))) == METHODS[name]


def names_of_arguments(method: object) -> str:
    shown = map(str, inspect.signature(method).parameters.values())
    return " ".join(text.split(":")[0] for text in list(shown)[1:])


@pytest.mark.parametrize("name", CLIENT)
def test_a_client_has_the_methods_and_arguments_that_people_know(name: str):
    assert names_of_arguments(getattr(treadle.Client, name)) == CLIENT[name]


@pytest.mark.parametrize("name", FUTURE)
def test_a_future_has_the_methods_and_arguments_that_people_know(name: str):
    assert names_of_arguments(getattr(treadle.Future, name)) == FUTURE[name]


@pytest.mark.parametrize("name", MODULES)
def test_a_public_module_is_imported_on_first_use(name: str):
    assert isinstance(getattr(treadle, name), ModuleType)


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_a_public_name_pickles(name: str):
    public = getattr(treadle, name)

    assert pickle.loads(pickle.dumps(public)) is public


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_a_public_name_is_documented_with_an_example(name: str):
    text = inspect.getdoc(getattr(treadle, name)) or ""

    assert ">>> " in text or name == "get_annotations"


def test_the_errors_are_these_and_have_one_root():
    found = {
        name: value
        for name, value in vars(treadle.errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }

    assert sorted(found) == ERRORS
    assert all(issubclass(error, treadle.errors.TreadleError) for error in found.values())


@pytest.mark.parametrize("name", CONFIG)
def test_settings_are_read_and_changed_by_name(name: str):
    assert callable(getattr(treadle.config, name))


def test_the_widgets_are_these():
    assert treadle.widgets.__all__ == WIDGETS
    assert [getattr(treadle.widgets, name).__name__ for name in WIDGETS] == WIDGETS


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'treadle' has no attribute 'dela'"):
        treadle.dela  # noqa: B018


def test_delayed_stays_the_function_after_its_module_was_imported():
    import treadle.delayed

    assert treadle.delayed(sum)([1, 2]).compute() == 3


def array_namespace(name: str) -> ModuleType:
    return importlib.import_module(f"treadle.array.{name}".rstrip("."))


@pytest.mark.parametrize("name", ARRAY)
def test_the_names_of_arrays_are_these(name: str):
    module = array_namespace(name)
    found = {
        public
        for public, value in vars(module).items()
        if not public.startswith("_") and not isinstance(value, ModuleType)
    }

    # A namespace of functions says which of its names are meant; its `from`s are not.
    ours = {n for n in found if getattr(getattr(module, n), "__module__", "") == module.__name__}
    listed = (found - {"annotations"}) if not name else set(getattr(module, "__all__", ours))

    assert sorted(listed) == ARRAY[name].split()


def test_an_array_has_these_methods_and_attributes():
    kinds = treadle.array.Array.__mro__[:-1]

    assert sorted({n for kind in kinds for n in vars(kind) if not n.startswith("_")}) == (
        ARRAY_METHODS.split()
    )


def test_the_names_of_dataframes_are_these():
    assert sorted(treadle.dataframe.__all__) == DATAFRAME.split()
    assert all(hasattr(treadle.dataframe, name) for name in DATAFRAME.split())


@pytest.mark.parametrize("name", FRAMES)
def test_a_class_of_dataframes_has_these_methods_and_attributes(name: str):
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(f"treadle.dataframe{module}"), kind)

    assert sorted({n for base in found.__mro__[:-1] for n in vars(base) if n[0] != "_"}) == (
        FRAMES[name].split()
    )


@pytest.mark.parametrize("name", DATAFRAME.split())
def test_a_public_name_of_dataframes_is_documented_and_pickles(name: str):
    public = getattr(treadle.dataframe, name)

    if not isinstance(public, ModuleType):
        assert ">>> " in (inspect.getdoc(public) or "")
        assert pickle.loads(pickle.dumps(public)) is public


@pytest.mark.parametrize("pickler", [pickle, cloudpickle])
def test_an_array_pickles_with_its_graph(pickler: ModuleType):
    x = treadle.array.arange(6, chunks=4)
    made = (x[x > 1].sum() + treadle.array.from_array(np.ones(3), chunks=2)).reshape((3, 1))

    again = pickler.loads(pickler.dumps(made))

    assert (again.name, again.chunks, again.dtype) == (made.name, made.chunks, made.dtype)
    np.testing.assert_array_equal(again.compute(scheduler="sync"), np.full((3, 1), 15.0))
