#%% function_attribute
def seen(x):
    return x + len(seen.items)
seen.items = [1]
a = seen(1)
seen.items.append(2)
b = seen(1)
#%% lazy_global_in_key | tasks=1
a = load(-1)
xs = sorted([1, 3, 2], key=lambda v: v * a)
ys = max([1, 2], key=lambda v: v + a)
#%% lazy_global_in_lambda_argument | tasks=2
a = load(1)
b = apply(lambda v: v + a, 2)
frame = frame_of(3)
c = frame["v"].apply(lambda v: v + a).tolist()
#%% list_of_lazies_read_by_function | tasks=4
parts = [load(1), load(2)]
def how_many():
    return len(parts), parts[0]
a = how_many()
parts.append(load(3))
b = how_many()
#%% stop_iteration
def stopping(x):
    if x == 2:
        raise StopIteration
    return x
a = list(map(stopping, range(4)))
b = stopping(2)
#%% stop_iteration_in_loop
def stopping(x):
    if x == 2:
        raise StopIteration
    return x
for i in range(4):
    x = stopping(i)
#%% generator_exit_and_interrupts
def quitting(x):
    raise SystemExit(x)
a = inc(1)
b = quitting(3)
#%% module_attribute
import types
config = types.ModuleType("config")
config.items = [1]
def configured():
    return len(config.items)
a = configured()
config.items.append(2)
b = configured()
config.items = []
c = configured()
#%% instance_of_base_class_state
class Base:
    registry = []
class Child(Base):
    pass
def registered(c):
    return len(c.registry)
child = Child()
a = registered(child)
Base.registry.append(1)
b = registered(child)
Base.registry = [1, 2, 3]
c = registered(child)
#%% property_with_effect
class Counting:
    def __init__(self):
        self.n = 0
    @property
    def value(self):
        self.n += 1
        return self.n
c = Counting()
def read(c):
    return c.value
a = inc(1)
b = c.value + read(c)
d = read(c)
c.n
#%% getattr_object
class Any:
    def __getattr__(self, name):
        log.append(name)
        return name
o = Any()
a = inc(1)
b = o.hello
c = same(o)
d = o.again
log
#%% bool_with_effect
x = inc(1)
flag = loud(1)
y = "yes" if flag else "no"
z = not flag
w = flag and inc(2)
log
#%% index_object
class Index:
    def __index__(self):
        log.append("index")
        return 1
x = inc(1)
l = [1, 2, 3]
a = l[Index()]
log
#%% iterator_protocol
class Up:
    def __init__(self, n):
        self.n = n
    def __iter__(self):
        log.append("iter")
        return iter(range(self.n))
out = []
u = Up(3)
for i in u:
    out.append(inc(i))
t = total_of(u)
a, b, c = u
log
#%% context_of_tasks
import decimal
decimal.getcontext().prec = 4
def third(x):
    return decimal.Decimal(x) / 3
a = third(1)
decimal.getcontext().prec = 28
b = third(1)
#%% seterr_of_the_caller
old = np.seterr(all="raise")
def ratio(x):
    return np.float64(x) / np.float64(0)
a = inc(1)
b = ratio(1)
#%% seterr_back
np.seterr(all="warn") and None
#%% future_import | tasks=1
from __future__ import annotations
x: Undefined = load(1)
#%% shared_result_changes
base = [1]
def alias():
    return base
a = alias()
b = length(a)
a.append(5)
c = length(base)
#%% container_in_container_changes
inner = {"n": 1}
outer = [inner]
def count(o):
    return o[0]["n"]
a = count(outer)
inner["n"] = 2
b = count(outer)
outer[0] = {"n": 3}
c = count(outer)
#%% task_result_stored_in_argument
box = []
def boxed():
    return len(box)
a = boxed()
box.append(load(1))
b = boxed()
box[0] = a
c = boxed()
#%% set_order
s = {load(v) for v in (9, 1, 5, 1, 33)}
l = list(s)
t = set(load(v) for v in (9, 1, 5, 1, 33))
m = list(t)
#%% large_list_argument | tasks=1
big = list(range(30000))
nested = [(i, i) for i in range(3000)]
a = length(big)
b = length(nested)
#%% reversed_and_slices | tasks=4
xs = [load(i) for i in range(4)]
out = [v for v in reversed(xs)]
xs[::2] = [0, 0]
out2 = xs[-3:]
#%% enumerate_kept
e = enumerate([load(1), load(2)])
a = next(e)
b = list(e)
#%% zip_exhausted
z = zip([1, 2], [load(1), load(2)])
a = list(z)
b = list(z)
#%% generator_with_lazy_source | tasks=3
xs = [load(i) for i in range(3)]
g = (v + 1 for v in xs)
xs.append(5)
out = list(g)
#%% nested_comprehension_scopes | tasks=4
x = "outer"
out = [[x + y for x in [load(1)]] for y in [load(2), load(3)]]
m = {x: [y for y in range(x)] for x in [2, inc(2)]}
x
#%% comprehension_shadows
i = "keep"
out = [inc(i) for i in range(3)]
i
#%% augmented_tuple | tasks=1
t = (1,)
t += (load(1),)
s = t * 2
#%% string_of_lists | tasks=2
s = str([load(1)]) + repr((load(2),)) + f"{[1, 2]}"
#%% dict_view_kept
d = {"a": load(1)}
v = d.values()
d["b"] = load(2)
l = list(v)
#%% inplace_or
d = {"a": load(1)}
d |= {"b": load(2)}
s = {1}
s |= {load(3)}
#%% multiple_returns_none | tasks=2
def nothing(x):
    pass
a = nothing(1)
b = [nothing(2)]
#%% exception_objects | tasks=1
e = ValueError("x", load(1))
e.args
#%% type_checks | tasks=2
x = load(1)
y = [isinstance(v, int) for v in [x, load(2)]]
z = type(x) is int
#%% min_max_keys | tasks=3
best = max((load(i) for i in range(3)), key=lambda v: -v)
least = min([load(1)], default=None)
