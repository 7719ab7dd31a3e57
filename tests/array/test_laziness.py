"""Building computes nothing: all that is public is called where any engine raises when used."""

from __future__ import annotations

import inspect
from types import ModuleType

import numpy as np
import pytest

import treadle
import treadle.array as da
from treadle.engines.sync import SyncEngine
from treadle.engines.threads import ThreadsEngine

# Several calls stand in a line between semicolons; `da.` stands before each.
# x: 6 by 4, y: 4 by 4, v: 6 floats, n: 6 integers, b: 6 truths, u: of unknown length.
FUNCTIONS = """
all(x); any(x, axis=0); max(x); min(x); sum(x, axis=1); prod(x); mean(x); std(x)
var(x); ptp(x); moment(x, 2); median(x, axis=1); average(x, weights=x); count_nonzero(x)
argmax(x, axis=0); argmin(x); nanmax(x); nanmin(x); nansum(x); nanprod(x); nanmean(x); nanstd(x)
nanvar(x); nanmedian(x, axis=1); nanargmax(x, axis=0); nanargmin(x, axis=0); nancumsum(x, axis=0)
nancumprod(x, axis=0); cumsum(x, axis=0); cumprod(x, axis=1); cumulative_sum(v)
cumulative_prod(v); cumreduction(np.cumsum, np.add, 0, v, axis=0, dtype=float)
reduction(x, np.sum, np.sum, dtype=float, axis=0); percentile(v, 50); nanpercentile(x, 50, axis=1)
quantile(x, 0.5, axis=1); nanquantile(x, 0.5, axis=1); corrcoef(x); cov(x); topk(v, 2)
argtopk(v, 2); sort(x.rechunk((6, 2)), axis=0); argsort(x.rechunk((6, 2)), axis=0)
searchsorted(v, v); histogram(v, bins=3, range=(0, 6))
histogram2d(v, v, bins=[[0, 3, 6], [0, 3, 6]])
histogramdd((v, v), bins=[2, 2], range=[(0, 6), (0, 6)]); bincount(n, minlength=6)
digitize(v, [1, 2]); unique(v); unique_all(v); unique_counts(v); unique_inverse(v)
unique_values(v); union1d(v, v); intersect1d(v, v); setdiff1d(v, v); in1d(v, v); isin(v, [1, 2])
allclose(x, x); isclose(x, x); array_equal(x, x); array_equiv(x, x); angle(x); real(x); imag(x)
around(x); round(x, 1); fix(x); clip(x, 0, 1); nan_to_num(x); i0(x); sinc(x); iscomplex(x)
isreal(x); iscomplexobj(x); isrealobj(x); isneginf(x); isposinf(x); isnonzero(x); isnull(x)
notnull(x); where(b, v, 0); select([b], [v], 0); choose(n % 2, [v, v]); piecewise(v, [b], [1, 2])
astype(x, "f4"); view(x, "i8"); can_cast(x, "f4"); result_type(x, "f4"); promote_types("f4", "f8")
min_scalar_type(3); common_type(x, x); isdtype(x.dtype, "integral"); iinfo("i4"); finfo("f4")
ndim(x); shape(x); size(x); may_share_memory(x, x); shares_memory(x, x); array_namespace()
normalize_chunks(2, (4,)); register_chunk_type(np.ndarray); asarray(x); asanyarray([1])
ascontiguousarray(x); asfortranarray(x); array([1, 2]); copy(x); from_dlpack(a)
from_array(a, chunks=2); from_delayed(lazy, (3,), float); to_delayed(x)
fromfile(file, int, shape=3); from_npy_stack(stack); from_zarr(zarr)
unify_chunks(x, "ij", y, "kj"); arange(6, chunks=2); linspace(0, 1, 5); logspace(0, 1, 5)
geomspace(1, 2, 5); eye(4, chunks=2); identity(3); tri(3); tril(y); triu(y); diag(v); diagonal(y)
vander(v); indices((2, 3), chunks=2); fromfunction(np.add, shape=(2, 2), chunks=1, dtype=float)
meshgrid(v, v); ones(3); zeros(3); empty(3); full(3, 1.0); ones_like(x); zeros_like(x)
empty_like(x); full_like(x, 2); tril_indices(3); triu_indices(3); tril_indices_from(y)
triu_indices_from(y); getitem(x, 0); with_elements(x, 0, 1.0); take(x, [0, 1], axis=0)
take_along_axis(x, x.astype(int), 0); compress([True, False], x, axis=1); extract(b, v)
nonzero(v); argwhere(v); flatnonzero(v); unravel_index(n, (2, 3))
ravel_multi_index((n, n), (6, 6)); delete(v, 1); insert(v, 1, 2.0); append(v, 1.0)
copyto(x.copy(), 1.0); shuffle(v, [[1, 0], [2]], 0); VIndex(x)[[0], [1]]; BlockView(x)[0]
rechunk(x, 2); reshape(x, (4, 6)); ravel(x); squeeze(x[:1]); expand_dims(x, 0); transpose(x)
permute_dims(x, (1, 0)); matrix_transpose(x); swapaxes(x, 0, 1); moveaxis(x, 0, 1); rollaxis(x, 1)
flip(x); fliplr(x); flipud(x); rot90(x); atleast_1d(v); atleast_2d(v); atleast_3d(v); unstack(x)
broadcast_to(v, (2, 6)); broadcast_arrays(v, v); concatenate([x, x]); concat([u, u])
stack([x, x]); vstack([v, v]); hstack([v, v]); dstack([v, v]); column_stack([v, v])
block([[x, x]]); split(x, 2); array_split(x, 4); vsplit(x, 2); hsplit(x, 2)
dsplit(x[..., None], 1); roll(x, 1); tile(x, 2); repeat(x, 2, axis=0); pad(x, 1)
coarsen(np.sum, x, {0: 2}); diff(x); push(v, 2, 0); gradient(v); ediff1d(v)
matmul(y, y); dot(y, y); vdot(v, v)
inner(v, v); outer(v, v); kron(y, y); tensordot(y, y, 1); einsum("ij,jk->ik", y, y); vecdot(v, v)
matvec(y, y[0]); vecmat(y[0], y); trace(y); map_blocks(count, x, dtype=float)
blockwise(count, "ij", x, "ij", dtype=float)
map_overlap(count, x, depth=1, boundary="none", dtype=float); sliding_window_view(v, 2)
apply_along_axis(count, 0, v, dtype=float, shape=(6,)); apply_over_axes(np.sum, x, [0])
apply_gufunc(count, "()->()", v, output_dtypes=float)
as_gufunc("()->()", output_dtypes=float)(count)(v)
gufunc(count, signature="()->()", output_dtypes=float)(v); frompyfunc(abs, 1, 1)(v)
elemwise(np.add, x, 1); plan(x); apply_numpy_function(np.sum, (da.Array,), (x,), {})
apply_numpy_ufunc(np.add, "__call__", (x, x), {}); ufunc(np.add)(x, x)
"""

NAMESPACES = {
    "linalg": """
norm(x); vector_norm(v); matrix_norm(y); cond(y); det(y); slogdet(y); inv(y); pinv(y); solve(y, y)
solve_triangular(y, y); lstsq(tall, v); cholesky(y); lu(y); qr(tall); svd(tall); svdvals(tall)
tsqr(tall); sfqr(tall.T); svd_compressed(x, 2); compression_level(4, 2); compression_matrix(x, 2)
eig(one); eigh(one); eigvals(one); eigvalsh(one); matrix_power(y, 3); matrix_rank(y)
multi_dot([y, y]); cross(c, c); trace(y); diagonal(y); tensorinv(one.reshape((2, 2, 2, 2)))
tensorsolve(one, one[0]); outer(v, v); matmul(y, y); vecdot(v, v); tensordot(y, y, 1)
matrix_transpose(y)
""",
    "fft": """
fft(one); ifft(one); rfft(one); irfft(one); hfft(one); ihfft(one); fft2(one); ifft2(one)
rfft2(one); irfft2(one); fftn(one); ifftn(one); rfftn(one); irfftn(one); fftfreq(4); rfftfreq(4)
fftshift(v); ifftshift(v); fft_wrap(np.fft.fft)(one)
""",
    "ma": """
masked_array(x, mask=x > 1); masked_equal(x, 1); masked_greater(x, 1); masked_greater_equal(x, 1)
masked_inside(x, 1, 2); masked_invalid(x); masked_less(x, 1); masked_less_equal(x, 1)
masked_not_equal(x, 1); masked_outside(x, 1, 2); masked_values(x, 1); masked_where(x > 1, x)
filled(x); fix_invalid(x); getdata(x); getmaskarray(x); set_fill_value(m, 1); average(x); count(x)
empty_like(x); ones_like(x); zeros_like(x); nonzero(x); where(b, v, 0)
""",
    "stats": """
chisquare(v); f_oneway(v, v); kurtosis(v); kurtosistest(v); moment(v, 2); normaltest(long)
power_divergence(v); skew(v); skewtest(long); ttest_1samp(v, 0); ttest_ind(v, v); ttest_rel(v, v)
""",
    "random": """
default_rng(1).normal(size=4); RandomState(1).normal(size=4); Generator(np.random.PCG64(1))
seed(1); beta(1, 1, size=4); binomial(2, 0.5, size=4); chisquare(1, size=4); choice(5, size=4)
exponential(size=4); f(1, 2, size=4); gamma(1, size=4); geometric(0.5, size=4); gumbel(size=4)
hypergeometric(5, 5, 2, size=4); laplace(size=4); logistic(size=4); lognormal(size=4)
logseries(0.5, size=4); multinomial(4, [0.5, 0.5], size=2); negative_binomial(1, 0.5, size=4)
noncentral_chisquare(1, 1, size=4); noncentral_f(1, 2, 1, size=4); normal(v, 1); pareto(1, size=4)
permutation(5); poisson(size=4); power(1, size=4); randint(5, size=4); random(4); random_sample(4)
random_integers(5, size=4); rayleigh(size=4); standard_cauchy(size=4)
standard_exponential(size=4); standard_gamma(1, size=4); standard_normal(size=4)
standard_t(1, size=4); triangular(0, 1, 2, size=4); uniform(size=4); vonmises(0, 1, size=4)
wald(1, 1, size=4); weibull(1, size=4); zipf(2, size=4); dirichlet([1, 1], size=4)
multivariate_normal([0, 0], [[1, 0], [0, 1]], size=4)
multivariate_hypergeometric([2, 3], 2, size=4); integers(5, size=4)
""",
    "lib.stride_tricks": "sliding_window_view(v, 2)",
}

METHODS = """
x + 1; 1 - x; x * x; x / 2; x // 2; x % 2; x ** 2; 2 ** x; -x; +x; abs(x); x @ y; n & 1; n | 1
n ^ 1; ~b; n << 1; n >> 1; x == x; x != x; x < x; x <= x; x > x; x >= x; divmod(x, 2); x[0]
x[::-1]; x[[0, 2]]; x[b]; v[v > 1]; v[n]; x[None, ..., 0]; len(x); repr(x); str(x)
x._repr_html_(); iter(x); hash(x.name); x.T; x.mT; x.real; x.imag; x.dtype; x.shape; x.size
x.nbytes; x.ndim; x.name; x.chunks; x.chunksize; x.numblocks; x.npartitions; x.itemsize; x.device
x.meta; x.expr; x.vindex[[0], [1]]; x.blocks[0]; x.partitions[0]; x.all(); x.any(); x.max()
x.min(); x.sum(); x.prod(); x.mean(); x.std(); x.var(); x.moment(2); x.argmax(); x.argmin()
v.argtopk(2); v.topk(2); x.cumsum(0); x.cumprod(0); y.trace(); x.astype("i4"); x.view("i8")
x.copy(); x.clip(0, 1); x.conj(); x.round(1); (n % 2).choose([v, v]); y.dot(y); x.flatten()
x.ravel(); x.reshape(4, 6); x.rechunk(2); x.transpose(); x.swapaxes(0, 1); x[:1].squeeze()
x.repeat(2, 0); v.shuffle([[1, 0]], 0); v.nonzero(); x.to_delayed(); x.to_device("cpu")
x.map_blocks(count, dtype=float); x.map_overlap(count, 1, boundary="none", dtype=float); x.plan()
x.visualize(); np.add(x, 1); np.add.reduce(x); np.sum(x); np.concatenate([x, x]); copied(x)
x.__array_namespace__(); treadle.tokenize(x); treadle.visualize(x)
"""

#: What computes by its nature, or needs what is not to be had here.
COMPUTES = {
    "array_repr": "shows elements", "array_str": "shows elements", "store": "writes",
    "to_hdf5": "writes", "to_npy_stack": "writes", "to_zarr": "writes", "tofile": "writes",
    "with_known_chunks": "measures", "Array": "tested everywhere", "Plan": "is a value",
    "compute": "", "compute_chunk_sizes": "", "persist": "", "item": "", "tolist": "",
}  # fmt: skip


def count(block):
    raise AssertionError("a user's function was called")


def names(lazy_array: np.ndarray, folder: object) -> dict[str, object]:
    import copy

    x = da.from_array(lazy_array, chunks=(3, 2))
    v = da.from_array(np.arange(6.0), chunks=3)
    return {
        "da": da, "np": np, "treadle": treadle, "a": lazy_array, "x": x, "v": v, "count": count,
        "y": da.from_array(np.eye(4) + 1, chunks=2), "n": da.from_array(np.arange(6), chunks=3),
        "b": v > 2, "u": v[v > 2], "one": da.from_array(np.eye(4), chunks=-1),
        "tall": x.rechunk((3, 4)), "c": da.from_array(np.ones((4, 3)), chunks=(2, 3)),
        "long": da.arange(20.0, chunks=6), "m": da.ma.masked_array(v),
        "lazy": treadle.delayed(np.ones)(3),
        "file": f"{folder}/raw", "stack": f"{folder}/stack", "zarr": f"{folder}/zarr",
        "copied": lambda x: (copy.copy(x), copy.deepcopy(x)),
    }  # fmt: skip


def calls(text: str) -> list[str]:
    return [call.strip() for line in text.strip().splitlines() for call in line.split(";")]


def public(module: ModuleType) -> set[str]:
    """Names of the functions and classes of a module of treadle that are its own."""
    found = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value) or callable(value))
        and str(getattr(value, "__module__", "")).startswith(module.__name__)
    }
    return found & set(getattr(module, "__all__", found))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    np.arange(3).tofile(folder / "raw")
    da.to_npy_stack(folder / "stack", da.ones(4, chunks=2))
    pytest.importorskip("zarr")
    da.to_zarr(da.ones(4, chunks=2), str(folder / "zarr"))
    return folder


@pytest.fixture
def space(monkeypatch, files):
    """The names that calls use; from here on every engine raises when it is used."""
    found = names(np.arange(24.0).reshape(6, 4), files)

    def forbidden(self, table, *, segment=None):
        raise AssertionError(f"computed {table!r}")

    for engine in (SyncEngine, ThreadsEngine):
        monkeypatch.setattr(engine, "submit", forbidden)
    return found


@pytest.mark.parametrize("call", calls(FUNCTIONS))
def test_a_function_computes_nothing(call: str, space):
    eval(f"da.{call}", space)


@pytest.mark.parametrize(
    "call", [f"{name}.{call}" for name, text in NAMESPACES.items() for call in calls(text)]
)
def test_a_function_of_a_namespace_computes_nothing(call: str, space):
    if call.startswith("stats"):
        pytest.importorskip("scipy")
    eval(f"da.{call}", space)


@pytest.mark.parametrize("call", calls(METHODS))
def test_a_method_computes_nothing(call: str, space):
    eval(call, space)


def test_setting_elements_computes_nothing(space):
    x = space["x"].copy()

    x[0] = 1.0
    x[x > 2] = 0.0
    x[[0, 1], 0] = space["v"][:2]


INTEGERS = {"gcd", "lcm", "invert"}
UFUNCS = sorted(name for name in dir(da) if isinstance(getattr(da, name), da.ufunc))


@pytest.mark.parametrize("name", UFUNCS)
def test_a_ufunc_computes_nothing(name: str, space):
    func = getattr(da, name)
    operand = space["n" if name in INTEGERS or "shift" in name or "bit" in name else "v"]
    operands = {
        "isnat": [operand.astype("M8[s]")],
        "ldexp": [operand, space["n"]],
    }.get(name, [operand] * func.nin)

    func(*operands)


def test_everything_public_was_called():
    called = {call.split("(")[0] for call in calls(FUNCTIONS)}

    missing = {
        name
        for name in public(da)
        if not isinstance(getattr(da, name), da.ufunc) and name not in COMPUTES
    }
    assert missing - called == set()


@pytest.mark.parametrize("name", NAMESPACES)
def test_everything_public_of_a_namespace_was_called(name: str):
    module = da
    for part in name.split("."):
        module = getattr(module, part)
    called = {call.split("(")[0] for call in calls(NAMESPACES[name])}

    assert {n for n in public(module) if not inspect.isclass(getattr(module, n))} - called == set()


def test_every_method_was_called():
    own = {name for name in vars(da.Array) if not name.startswith("_")}
    tested = " ".join(calls(METHODS))

    assert {name for name in own - COMPUTES.keys() if f".{name}" not in tested} == {
        "store", "to_hdf5", "to_zarr", "tofile",
    } - COMPUTES.keys()  # fmt: skip
