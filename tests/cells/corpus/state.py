#%% mutated_argument
values = [1]
lengths = []
for i in range(3):
    lengths.append(length(values))
    values.append(i)
#%% mutated_by_function
values = []
out = []
for i in range(3):
    out.append(push(values, i))
out[0] is values
#%% mutated_dict_argument | tasks=2
d = {"a": 1}
a = length(d)
d["b"] = 2
b = length(d)
#%% mutated_nested
inner = [1]
outer = {"x": [inner]}
a = same(outer)
inner.append(2)
b = length(inner)
#%% mutated_array
arr = np.zeros(3)
a = total_of(arr)
arr[0] = 5
b = total_of(arr)
#%% mutated_view
arr = np.zeros(4)
half = arr[:2]
a = total_of(half)
arr += 1
b = total_of(half)
#%% mutated_frame
frame = frame_of(6)
a = length(frame)
frame["new"] = 1
frame.loc[0, "v"] = 100
b = summarise(frame)
#%% mutated_instance
p = Point(1, 2)
a = same(p)
p.x = 10
a is p, a.x
#%% mutated_through_result | tasks=1
a = listed(1)
b = a
a.append(9)
b
#%% mutated_closure
state = [1]
def reader(x):
    return x + len(state)
a = reader(1)
state.append(2)
b = reader(1)
#%% mutated_default
a = default_read(2)
shared.append(4)
b = default_read(2)
#%% mutable_default
a = default_list(1)
b = default_list(2)
#%% global_rebound | tasks=2
a = reads_scale(1)
SCALE = 3
b = reads_scale(1)
#%% global_rebound_by_task | tasks=2
SCALE = inc(1)
b = reads_scale(5)
#%% global_read_list | tasks=2
a = reads_shared()
shared = [9]
b = reads_shared()
#%% global_written
a = bump(1)
b = bump(1)
counter
#%% function_redefined | tasks=2
a = inc(1)
def inc(x):
    return x + 100
b = inc(1)
#%% helper_redefined | tasks=2
def helper(x):
    return x
def user(x):
    return helper(x)
a = user(1)
def helper(x):
    return -x
b = user(1)
#%% helper_rebound_lambda | tasks=2
helper = lambda x: x
def user(x):
    return helper(x)
a = user(1)
helper = lambda x: -x
b = user(1)
#%% loop_rebinds_what_tasks_read | tasks=3
out = []
for SCALE in (1, 2, 3):
    out.append(reads_scale(5))
#%% effect_order
for i in range(3):
    note(i)
    x = inc(i)
    note(x)
log
#%% effect_dropped
for i in range(3):
    inc(i)
    log.append(i)
#%% random_state
out = [draw(100) for i in range(5)]
out.append(rng.random())
#%% random_numpy
np.random.seed(3)
def roll(n):
    return np.random.rand(n).tolist()
out = [roll(2) for i in range(3)]
#%% random_module
random.seed(5)
out = [random.randint(0, 9) for i in range(5)]
#%% prints_inside
out = []
for i in range(3):
    out.append(say(i))
    print("after", i)
#%% iterator_shared
it = iter(range(10))
a = first([next(it)])
b = list(itertools.islice(it, 3))
c = total_of(it)
#%% iterator_argument
it = iter([1, 2, 3, 4])
a = total_of(itertools.islice(it, 2))
b = total_of(it)
#%% generator_result
g = lazily([1, 2, 3])
a = total_of(g)
b = total_of(g)
#%% generator_result_of_task
g = same(lazily)([1, 2])
a = list(g)
#%% generator_over_changing_list
values = [1, 2]
g = lazily(values)
values.append(3)
a = list(g)
#%% identity_of_argument | tasks=1
x = same(shared)
x is shared
#%% identity_of_list_of_tasks | tasks=3
parts = [load(1), load(2)]
back = same(parts)
back is parts
#%% identity_of_tuple | tasks=2
t = (load(1), [1])
u = t
v = same(t)
t is u, v is t, u[1] is t[1]
#%% identity_in_containers | tasks=1
x = listed(1)
both = [x, x]
d = {"x": x, "both": both}
both[0] is both[1]
#%% is_none | tasks=4
out = []
for i in range(4):
    r = maybe(i)
    if r is None:
        out.append("none")
    else:
        out.append(r)
#%% is_operator | tasks=2
a = maybe(1)
b = maybe(2)
a is None, b is not None, a is b
#%% in_operator | tasks=2
a = load(1)
xs = [load(2), 10]
a in xs, 20 in xs, 5 not in xs
#%% class_methods
t = Tally()
for i in range(3):
    t.add(i)
x = t.add(inc(1))
t.count
#%% method_in_loop
tallies = [Tally() for i in range(2)]
out = []
for t in tallies:
    out.append(t.add(5))
    out.append(inc(t.count))
#%% loud_operators
a = loud(1)
b = a + loud(2)
c = sum([loud(1), loud(2)])
if a:
    d = a == b
log
#%% loud_print_order
print("one")
x = inc(1)
a = loud(1) + 1
print("two", x, a)
#%% loud_in_containers
d = {loud(1): inc(1)}
l = [loud(2)]
loud(2) in l, log
#%% points | tasks=3
ps = [point(i) for i in range(3)]
xs = [p.x for p in ps]
ns = [p.norm for p in ps]
q = ps[0] == ps[1]
#%% closures | tasks=2
adders = [make_adder(i) for i in range(3)]
out = [f(10) for f in adders]
#%% lambda_late_binding
fs = [lambda: i for i in range(3)]
out = [f() for f in fs]
gs = []
for j in range(3):
    gs.append(lambda v: v + j)
res = [g(1) for g in gs]
#%% higher_order | tasks=3
a = apply(inc, 1)
b = apply(lambda v: v * 2, load(1))
#%% higher_order_impure
a = apply(note, 1)
b = apply(say, 2)
#%% partial | tasks=2
p = functools.partial(add, 5)
a = p(1)
b = p(y=2)
#%% lru_cache
@functools.lru_cache
def slow(x):
    return x * 2
out = [slow(i % 2) for i in range(4)]
slow.cache_info().hits
#%% attribute_store
p = Point(0)
p.x = load(1)
p.y = inc(p.x)
p
#%% object_list
ps = [Point(i) for i in range(3)]
for p in ps:
    p.y = inc(p.x)
[p.y for p in ps]
#%% nested_containers | tasks=4
tree = {"a": [load(1), {"b": load(2)}], "c": (load(3), [load(4)])}
tree["a"][1]["b"], tree["c"][0]
#%% container_passed_on | tasks=4
tree = {"a": [load(1), {"b": load(2)}]}
kept = keep(tree)
n = length(kept)
#%% list_methods | tasks=2
l = [load(2), load(1)]
l.append(5)
l.insert(0, 7)
l.sort()
l.reverse()
p = l.pop()
l.remove(7)
l.index(20), l.count(5)
#%% list_slices | tasks=5
l = [load(i) for i in range(5)]
a = l[1:3]
b = l[::-1]
l[0:2] = [1]
del l[-1]
c = l[0]
#%% list_operators | tasks=2
l = [load(1)] + [2] * 2
l *= 2
m = [*l, load(2)]
l == m, l < m
#%% dict_methods | tasks=3
d = {"a": load(1)}
d.update(b=load(2))
d.setdefault("c", load(3))
x = d.pop("a")
d.get("b"), d.get("zz", 5), list(d), len(d)
#%% dict_merge | tasks=1
d = {"a": load(1)}
e = {**d, "b": load(2)}
f = d | e
#%% set_operations | tasks=3
s = {load(1), load(2)}
s.add(load(3))
t = s | {5}
sorted(t)
#%% defaultdict_groups | tasks=6
groups = defaultdict(list)
for i in range(6):
    groups[i % 2].append(load(i))
sums = {k: sum(v) for k, v in groups.items()}
#%% counter | tasks=1
c = Counter(listed(1))
c.update([1, 1])
c.most_common(1)
#%% string_methods | tasks=3
parts = [str(load(i)) for i in range(3)]
s = "-".join(parts)
u = s.upper().split("-")
"%s and %d" % (s, load(1)), "{} {}".format(load(2), s)
#%% del_name | tasks=2
a = load(1)
b = inc(a)
del a
#%% del_item
d = {"a": load(1), "b": 2}
del d["a"]
l = [load(1), 2]
del l[0]
#%% walrus | tasks=2
if (n := load(3)) > 5:
    m = inc(n)
[y := 5, y * 2], (z := load(1))
#%% walrus_comprehension
out = [last := inc(i) for i in range(3)]
last
#%% chained_assignment | tasks=1
a = b = listed(1)
a is b
#%% chained_mixed
d = {}
a = d["x"] = load(1)
#%% swap | tasks=2
a, b = load(1), load(2)
a, b = b, a
#%% starred | tasks=4
a, *rest = [load(i) for i in range(4)]
*init, z = rest
rest.append(5)
#%% starred_task | tasks=1
a, *rest = listed(4)
#%% nested_unpack | tasks=2
(a, b), c = pair(2), load(1)
[d, [e, f]] = 1, (2, load(3))
#%% star_call | tasks=3
args = [load(1), 2]
a = add(*args)
kw = {"x": 1, "y": load(2)}
b = add(**kw)
print(*args, sep="-")
#%% star_call_generator
a = add(*(i for i in range(2)))
#%% annotations | tasks=1
x: int = load(1)
y: "str"
z: list[int] = [1]
#%% aug_item | tasks=4
counts = {"a": 0}
for i in range(4):
    counts["a"] += load(i)
#%% aug_attribute
p = Point(1)
p.x += load(1)
#%% aug_string | tasks=3
s = ""
for i in range(3):
    s += same("x")
#%% aug_array_item
arr = np.zeros(3)
for i in range(3):
    arr[i] += load(i)
#%% global_statement | tasks=1
global shared_total
shared_total = load(1)
