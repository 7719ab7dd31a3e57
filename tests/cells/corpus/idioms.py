#%% empty
#%% docstring
"""Only text."""
#%% comment
# nothing to do
#%% pass_only
pass
#%% last_value | tasks=1
load(3)
#%% last_value_expression | tasks=2
load(3) + load(4)
#%% last_value_list | tasks=3
[load(i) for i in range(3)]
#%% last_value_none
print("x")
#%% last_value_name | tasks=1
x = load(3)
x
#%% last_value_method | tasks=1
listed(3).append(4)
#%% conditions | tasks=3
if load(1) > 5:
    a = 1
elif load(2):
    a = 2
else:
    a = 3
b = "yes" if inc(0) else "no"
#%% boolean_operators | tasks=6
a = load(0) or load(1)
b = load(1) and load(2)
c = not load(0)
d = load(1) or boom(3)
#%% comparisons | tasks=5
a = load(1) < load(2)
b = 1 < load(1) < 100
c = load(1) == 10 != 3
d = [load(1) >= 3]
#%% chain_short_circuit
a = 5 < load(0) < boom(3)
#%% arithmetic | tasks=3
a, b = load(1), load(2)
c = a + b * 2 - (a // 3) ** 2 % 7
d = -a, +a, ~a, a / b, a << 1, a & b, a | 1, a ^ b, a >> 1, divmod(b, a)
e = round(a / 3, 2), abs(-a), pow(a, 2), min(a, b), max([a, b])
#%% matmul | tasks=2
m = array_of(3)
n = m @ array_of(3)
#%% fstrings | tasks=2
x = load(1)
s = f"{x} {x!r:>5} {x:.2f} {x=} {'nested ' + str(load(2))} {{}}"
#%% fstring_mutable
l = [1]
x = inc(1)
s = f"{l} {x}"
l.append(2)
#%% prints | tasks=4
print("start")
for i in range(4):
    print(i, load(i))
print("end", end="!\n")
#%% prints_containers | tasks=2
l = [load(1), (load(2), 3)]
print(l)
l.append(4)
print({"l": l}, sep="")
#%% prints_mutated
l = [1]
x = inc(1)
print(l, x)
l.append(2)
print(l, x)
#%% print_to_file
import io
buffer = io.StringIO()
x = load(1)
print("to buffer", x, file=buffer)
buffer.getvalue()
#%% print_flush | tasks=1
x = load(1)
print(x, flush=True)
#%% print_shadowed
def print(*args):
    log.append(args)
x = load(1)
print(x, "hidden")
#%% len_shadowed
len = lambda v: "mine"
x = len(listed(1))
#%% sum_shadowed
def sum(values):
    return list(values)
x = sum(load(i) for i in range(3))
#%% list_shadowed
list = sorted
x = list(map(load, [3, 1, 2]))
#%% map_shadowed
map = lambda f, xs: ["mine", f(1)]
x = list(map(load, [3, 1, 2]))
#%% range_shadowed
range = lambda n: [n, n]
x = [load(i) for i in range(3)]
#%% builtins_on_tasks | tasks=5
l = listed(3)
a = len(l), sum(l), min(l), max(l), sorted(l, reverse=True), any(l), all(l)
b = str(load(1)), int(load(2)), float(load(3)), bool(load(0)), repr(l), list(l), tuple(l), set(l)
#%% builtins_force | tasks=3
x = load(1)
isinstance(x, int), type(listed(1)).__name__, callable(x), hash(load(2))
#%% sorted_key | tasks=3
xs = [pair(i) for i in (3, 1, 2)]
s = sorted(xs, key=lambda p: p[0])
m = max(xs, key=lambda p: -p[1])
#%% try_except
out = []
for i in range(5):
    try:
        out.append(boom(i))
    except ValueError as error:
        out.append(str(error))
    else:
        log.append(i)
    finally:
        log.append("f")
#%% try_around
a = inc(1)
try:
    x = boom(3)
    y = 1
except ValueError:
    y = 2
z = inc(y)
#%% try_error_escapes
a = boom(3)
try:
    b = 1
except ValueError:
    b = 2
#%% with_block
class Context:
    def __enter__(self):
        print("enter")
        return 5
    def __exit__(self, *exc):
        print("exit")
x = inc(1)
with Context() as c:
    y = add(c, x)
z = inc(y)
#%% with_suppress
import contextlib
with contextlib.suppress(ValueError):
    a = boom(3)
    b = 1
c = 2
#%% match_statement
match load(1):
    case 10:
        r = "ten"
    case _:
        r = "other"
#%% match_tuple
match pair(2):
    case (a, b) if b > 3:
        r = a + b
#%% function_in_cell | tasks=4
def square(x):
    return x * x
out = [square(i) for i in range(4)]
#%% function_in_cell_uses_names | tasks=3
base = load(1)
def shifted(x):
    return x + base
out = [shifted(i) for i in range(2)]
#%% function_decorated
def twice(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args) * 2
    return wrapper
@twice
def square(x):
    return x * x
out = [square(i) for i in range(4)]
#%% function_defaults | tasks=3
x = load(1)
def shifted(y, by=x):
    return y + by
a = shifted(1)
b = (lambda q=x: q + 1)()
#%% recursion | tasks=3
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
out = [fib(i) for i in (5, 7, 9)]
#%% nested_function | tasks=2
def outer(n):
    def inner(m):
        return m * n
    return [inner(i) for i in range(3)]
a, b = outer(2), outer(3)
#%% class_in_cell
class Box:
    items = []
    def __init__(self, x):
        self.__x = x
    def get(self):
        return self.__x
b = Box(load(1))
c = b.get()
d = [Box(i).get() for i in range(2)]
#%% class_attribute_changes
class Box:
    items = []
def count():
    return len(Box.items)
a = count()
Box.items.append(1)
b = count()
#%% namedtuple | tasks=2
P = collections.namedtuple("P", "x y")
p = P(load(1), load(2))
p.x + p.y, p._replace(x=0)
#%% imports | tasks=1
import math as m
from os.path import join
x = load(1)
y = m.sqrt(x + 6), join("a", "b")
#%% lambda_call | tasks=2
f = lambda v, w=2: v * w
a = f(3)
b = f(load(1), w=3)
#%% conditional_expression | tasks=2
x = load(1) if inc(0) > 0 else boom(3)
#%% ternary_in_comprehension | tasks=4
out = [load(i) if i % 2 else -1 for i in range(4)]
more = [inc(x) if x > 0 else x for x in out]
#%% slices_of_tasks | tasks=2
l = array_of(10)
a = l[2:5]
b = l[::2].sum()
c = l[-1]
d = listed(5)[inc(0)]
#%% numpy | tasks=3
a = np.arange(6).reshape(2, 3)
b = a.T @ a
c = np.linalg.norm(b)
d = total_of(b.ravel())
e = [np.sqrt(float(i)) for i in range(3)]
f = a.sum(axis=0), a[a > 2], np.where(a > 2, 1, 0)
#%% numpy_out
out = np.zeros(3)
r = np.add(np.ones(3), 2, out=out)
s = np.add(np.ones(3), 3, out)
r is out
#%% numpy_on_tasks | tasks=3
xs = [array_of(i + 1) for i in range(3)]
joined = np.concatenate(xs)
means = [x.mean() for x in xs]
shapes = [x.shape for x in xs]
total = xs[0].sum() + xs[1].sum()
#%% array_with_task | tasks=1
a = np.ones(3) + load(1)
b = np.ones(3) * inc(1)
c = array_of(3) / 2
#%% pandas | tasks=8
frames = [frame_of(n) for n in (6, 9, 12)]
parts = [summarise(f) for f in frames]
final = combine(parts)
other = frames[0].merge(frames[1], on="v")
len(final), frames[0]["v"].sum(), frames[1].shape
#%% pandas_inline
frame = frame_of(6)
frame["z"] = frame["v"].apply(lambda v: v + 1)
frame.drop(columns=["w"], inplace=True)
frame = frame[frame.v > 1]
top = frame.sort_values("v").head(2)
top
#%% pandas_query
frame = frame_of(6)
limit = 2
small = frame.query("v < @limit")
e = frame.eval("v + w")
#%% eval_and_locals
x = load(1)
a = eval("x + 1")
exec("b = x + 2")
c = "x" in globals(), "x" in locals(), sorted(n for n in dir() if n == "x")
d = vars()["x"]
#%% flights | tasks=13
frames, parts = [], []
for n in (3, 6, 9, 12, 15, 18):
    frame = frame_of(n)
    frames.append(frame)
    parts.append(summarise(frame))
result = combine(parts)
print(result)
result
#%% flights_comprehension | tasks=7
result = combine([summarise(frame_of(n)) for n in (3, 6, 9)])
#%% tuples_of_tasks | tasks=6
results = []
for i in range(3):
    results.append((i, load(i), inc(i)))
named = {i: (a, b) for i, a, b in results}
best = max(results, key=lambda r: r[1])
#%% list_of_pairs | tasks=3
results = [(name, load(n)) for n, name in enumerate("abc")]
d = dict(results)
for name, value in results:
    print(name, value)
#%% zip_star | tasks=3
rows = [pair(i) for i in range(3)]
xs, ys = zip(*rows)
t = list(map(list, zip(*rows)))
#%% reduce | tasks=3
from functools import reduce
r = reduce(add, [load(i) for i in range(3)])
#%% sleep | tasks=2
def napping(x):
    time.sleep(0.001)
    return x
out = [napping(i) for i in range(2)]
#%% timing_code
start = time.perf_counter()
x = load(1)
elapsed = time.perf_counter() - start
ok = elapsed >= 0
del start, elapsed
#%% threads_in_function
def guarded(x):
    with threading.Lock():
        return x
out = [guarded(i) for i in range(3)]
#%% read_only_file | tasks=2
import tempfile, os
folder = tempfile.mkdtemp()
path = os.path.join(folder, "x.csv")
def read(p):
    with open(p) as f:
        return f.read()
with open(path, "w") as f:
    f.write("a,b\n1,2\n")
before = read(path)
with open(path, "w") as f:
    f.write("a,b\n3,4\n")
after = read(path)
frame = pd.read_csv(path)
del folder, path, f
#%% path_objects
p = Path("a") / "b"
s = [p.with_suffix(x).name for x in (".c", ".d")]
q = str(p / same("c"))
#%% complex_targets
d, l = {}, [0, 0]
d["a"], l[0] = load(1), load(2)
for l[1] in range(3):
    x = inc(l[1])
#%% subscript_with_task_key | tasks=2
d = {10: "ten"}
l = [0] * 3
x = d[load(1)]
l[inc(0)] = 5
#%% global_state_in_class
class Meter:
    total = 0
    def hit(self):
        Meter.total += 1
        return Meter.total
m = Meter()
out = [m.hit() for i in range(3)]
#%% unicode | tasks=2
größe = load(1)
naïve = f"{größe} → {inc(größe)}"; print(naïve)
#%% semicolons | tasks=2
a = load(1); b = inc(a); print(a, b)
#%% long_lines | tasks=1
x = load(
    1
)
y = [
    x,
    x + 1,
]
#%% ellipsis_and_constants
x = ...
y = 1 + 2, "a" "b", None, True, b"x", 1j
#%% empty_containers | tasks=2
a, b, c = [], {}, ()
x = length([])
y = sum([]), max([], default=load(1))
#%% decimals_and_contexts | tasks=2
import decimal
from decimal import Decimal
decimal.getcontext().prec = 5
def third(x):
    return Decimal(x) / 3
out = [third(1), third(2)]
decimal.getcontext().prec = 28
#%% errstate_of_the_caller
old = np.seterr(all="raise")
def ratio(x):
    return np.float64(x) / np.float64(0)
try:
    a = ratio(1)
except FloatingPointError:
    a = "raised"
old = np.seterr(**old) and None
#%% simulation_with_seeds | tasks=3
def simulate(seed, n=50):
    rng = np.random.default_rng(seed)
    path = np.zeros(n)
    path[1:] = rng.normal(size=n - 1).cumsum()
    return float(path.max())
out = [simulate(i) for i in range(3)]
#%% simulation_passes_generator
rng2 = np.random.default_rng(3)
def simulate(rng):
    mine = np.random.default_rng(rng)
    return float(mine.normal())
out = [simulate(rng2) for i in range(3)]
del rng2
