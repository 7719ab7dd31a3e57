#%% process_sentinel
NOTHING = object()
def given(x=NOTHING):
    return x is NOTHING
a = given()
b = given(NOTHING)
c = given(1)
#%% process_sentinel_comes_back
NOTHING = object()
def pick(x):
    return NOTHING if x < 0 else x
a = pick(-1)
a is NOTHING, pick(2)
#%% process_enum | tasks=3
import enum
class Color(enum.Enum):
    RED = 1
    BLUE = 2
def other(c):
    return Color.BLUE if c is Color.RED else Color.RED
a = other(Color.RED)
b = other(a)
c = [other(each) for each in Color]
a is Color.BLUE, b is Color.RED, c
#%% process_enum_method | tasks=2
import enum
class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2
    @property
    def label(self):
        return self.name.lower()
def label(l):
    return l.label, l + 1
a, b = label(Level.LOW), label(Level.HIGH)
#%% process_lock_argument
guard = threading.Lock()
def with_lock(x, lock):
    return x + 1
out = [with_lock(i, guard) for i in range(3)]
#%% process_lock_closure
guard = threading.Lock()
def holder(lock):
    def inner(x):
        return (x, lock is None)
    return inner
f = holder(guard)
out = [f(i) for i in range(3)]
after = [inc(i) for i in range(3)]
#%% process_lock_global
guard = threading.Lock()
def names_lock(x):
    return x, guard is not None
out = [names_lock(i) for i in range(3)]
#%% process_lock_in_object
class Guarded:
    def __init__(self, x):
        self.x = x
        self.lock = threading.Lock()
def value_of(g):
    return g.x
g = Guarded(3)
out = [value_of(g), inc(1)]
#%% process_lock_result
def guarded_result(x):
    return {"x": x, "f": lambda: x}
a = guarded_result(1)
b = a["x"], a["f"]()
c = guarded_result(2)["f"]
d = inc(c())
#%% process_unpicklable_feeds_picklable | tasks=2
guard = threading.Lock()
def with_lock(x, lock):
    return [x]
parts = [with_lock(inc(i), guard) for i in range(3)]
n = [length(p) for p in parts]
m = total_of(n)
#%% process_open_file
import io
buffer = io.StringIO("a\nb\n")
def size_of(f):
    return f is not None
a = size_of(buffer)
b = inc(1)
#%% process_same_object_twice | tasks=2
def twice(x):
    return [x, x]
def fresh_twice(x):
    inner = [x]
    return [inner, inner, (inner,)]
a = twice(shared)
b = fresh_twice(1)
a[0] is a[1], a[0] is shared, b[0] is b[1], b[2][0] is b[0]
#%% process_cycle | tasks=1
def cycle(x):
    made = [x]
    made.append(made)
    return made
a = cycle(1)
a[1] is a, a[1][1][0]
#%% process_argument_in_result | tasks=1
def wrapped(x, y):
    return {"first": x[0], "all": [x, y], "new": [1]}
inner = [1]
outer = [inner, 2]
a = wrapped(outer, inner)
a["first"] is inner, a["all"][0] is outer, a["all"][1] is inner, a["new"] is inner
#%% process_keyword_in_result | tasks=1
def picks(*args, **kwargs):
    return args, kwargs
one, two = [1], {"x": [2]}
a = picks(one, key=two)
a[0][0] is one, a[1]["key"] is two
#%% process_argument_then_changed | tasks=1
a = same(shared)
a.append(10)
shared
#%% process_result_of_result | tasks=2
x = listed(1)
y = keep(x)
z = first([y["value"], 1])
x.append(5)
y["value"] is x, z is x, y
#%% process_chain_unheld | tasks=2
y = keep(listed(1))
y["value"] is y["again"]
#%% process_branches_of_unheld | tasks=3
def split(x):
    return x, x
a, b = split(listed(1))
c = keep([listed(2)])
a is b, c["value"] is c["again"]
#%% process_global_comes_back | tasks=1
def give_shared():
    return {"shared": shared, "table": table}
a = give_shared()
a["shared"] is shared, a["table"] is table
a["shared"].append(7)
len(shared)
#%% process_default_comes_back | tasks=1
def with_default(x, values=shared):
    return values
a = with_default(1)
a is shared
#%% process_closure_comes_back | tasks=1
def make(values):
    def get(i):
        return values
    return get
get = make(shared)
a = get(1)
a is shared
#%% process_attribute_comes_back | tasks=1
class Config:
    items = [1, 2]
def items_of(c):
    return c.items
c = Config()
a = items_of(c)
a is Config.items
a.append(3)
Config.items
#%% process_instance_comes_back | tasks=2
p = Point(1, 2)
def box(p):
    return [p, Point(p.y, p.x)]
a = box(p)
b = box(point(3))
a[0] is p, a[1] == Point(2, 1), type(a[1]) is Point, b
#%% process_instance_changed_later
p = Point(1, 2)
q = same(p)
p.x = 50
q.x
#%% process_class_of_result | tasks=2
ps = [point(i) for i in range(2)]
[type(p) is Point for p in ps], isinstance(ps[0], Point), ps[0].norm
#%% process_class_in_cell | tasks=2
@dataclass
class Pixel:
    x: int
    tags: list
    def shifted(self, by):
        return Pixel(self.x + by, self.tags)
def moved(pixel, by):
    return pixel.shifted(by)
def fresh_pixel(x):
    return Pixel(x, [x])
p = fresh_pixel(1)
a = [inc(p.x), p.tags]
b = [fresh_pixel(i) for i in range(3)]
b[1].tags.append(9)
[each.shifted(1).tags is each.tags for each in b], type(b[0]) is Pixel
#%% process_class_redefined | tasks=2
class Box:
    def size(self):
        return 1
def make_box(x):
    return Box()
a = make_box(1)
class Box:
    def size(self):
        return 2
b = make_box(1)
a.size(), b.size(), type(a) is Box, type(b) is Box
#%% process_namedtuple
Pair = collections.namedtuple("Pair", "x y")
def pairs(x):
    return Pair(x, [x])
a, b = pairs(1), pairs(2)
type(a) is Pair, a.x, b._asdict()
#%% process_namedtuple_made_inside
def rows(n):
    Row = collections.namedtuple("Row", "x")
    return [Row(i).x for i in range(n)]
a, b = rows(2), rows(3)
#%% process_class_made_inside
def made(n):
    class Inner:
        x = n
    return Inner()
a = made(1)
b = inc(1)
#%% process_function_result
def shift(n):
    def by(x):
        return x + n + SCALE
    return by
f = shift(1)
a = f(1)
SCALE = 100
b = f(1)
#%% process_function_passed | tasks=2
a = apply(make_adder(3), 4)
b = apply(functools.partial(add, 5), 1)
c = apply(math.sqrt, 16), apply(str.upper, "x")
#%% process_method_passed | tasks=1
t = Tally()
def call_it(f, x):
    return str(f)[:5], x
a = inc(1)
b = call_it(max, 1)
#%% process_partial_result
def partial_of(n):
    return functools.partial(add, n)
f = partial_of(3)
a = f(1)
#%% process_custom_error
class Custom(Exception):
    def __init__(self, code, *, detail):
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
def fails(x):
    raise Custom(x, detail="no")
a = inc(1)
b = fails(3)
#%% process_error_attributes
class Carrying(ValueError):
    pass
def fails(values):
    error = Carrying("x")
    error.values = values
    raise error
try:
    fails(shared)
except Carrying as caught:
    a = caught.values is shared
#%% process_error_with_object
def fails(values):
    raise ValueError(values)
a = fails(shared)
#%% process_error_unpicklable
def fails(x):
    error = ValueError("with a function")
    error.function = lambda: x
    raise error
def seen(x):
    return x
a = inc(1)
b = seen(2)
c = fails(3)
#%% process_error_notes
def fails(x):
    error = KeyError(x)
    error.add_note("a note")
    raise error
a = fails("missing")
#%% process_error_group
def fails(x):
    raise ExceptionGroup("several", [ValueError(x), KeyError(x)])
a = fails(3)
#%% process_error_from_none
def fails(x):
    try:
        return {}[x]
    except KeyError:
        raise ValueError("clean") from None
a = inc(1)
b = fails(1)
#%% process_error_while_handling
def fails(x):
    try:
        return {}[x]
    except KeyError:
        raise ValueError("second")
a = fails(1)
#%% process_error_deep
def deep(n):
    return boom(3) if n == 0 else deep(n - 1)
a = inc(1)
b = deep(5)
#%% process_error_in_library
def parse(text):
    import json
    return json.loads(text)
a = parse("[1]")
b = parse("{")
#%% process_error_in_lambda
a = apply(lambda v: v / 0, 1)
#%% process_error_keyboard
def stops(x):
    raise KeyboardInterrupt
a = inc(1)
b = stops(1)
#%% process_error_generator_exit
def stops(x):
    raise GeneratorExit
a = inc(1)
b = stops(1)
#%% process_error_of_many
out = []
for i in range(6):
    out.append(nested_boom(i))
    print(i, inc(i))
#%% process_step_fails
a, b, c = pair(1)
#%% process_step_fails_inside
x = inc(pair(1)[5])
y = 1
#%% process_step_fails_after_other
a = boom(3)
b = inc(pair(1)[5])
#%% process_step_fails_before_other
b = inc(pair(1)[5])
a = boom(3)
#%% process_step_unused
for i in range(3):
    a, b = pair(i)
    x, y, z = pair(i)
#%% process_print_failing
class Bad:
    def __repr__(self):
        raise ValueError("no text")
def bad(x):
    return [x]
print(bad(1), boom(3))
#%% process_set_results | tasks=2
def uniq(values):
    return set(values)
a = uniq([3, 1, 2, 3])
b = sorted(uniq(words))
len(a), b
#%% process_set_order
def in_order(values):
    return list(set(values))
def through(values):
    out = []
    unique = {v.upper() for v in values}
    for v in unique:
        out.append(v)
    return out
a = in_order(words)
b = through(words)
a == list(set(words)), b == list({v.upper() for v in words}), ",".join(set(words)) == ",".join(in_order(words))
#%% process_set_asked | tasks=3
stop = {"the", "over"}
def kept(text):
    return [w for w in text.split() if w not in stop]
def number_of(text):
    return len(set(text.split())), sorted(set(text))
a = kept(" ".join(words))
b = number_of("a b a")
c = kept("the end")
#%% process_hash
def hashed(x):
    return hash(x)
a = hashed("text") == hash("text"), hashed(5)
#%% process_id
def address(x):
    return id(x)
a = address(shared) == id(shared)
#%% process_views
def head(arr):
    return arr[:2]
arr = np.arange(5)
a = head(arr)
arr[0] = 100
a.tolist(), np.shares_memory(a, arr)
#%% process_views_of_new | tasks=1
def halves(n):
    arr = np.arange(n)
    return arr, arr[: n // 2]
a, b = halves(6)
a[0] = 50
b.tolist()
#%% process_reshaped | tasks=3
a = array_of(6).reshape(2, 3)
b = total_of(a.ravel())
c = array_of(6)[2:4].sum() + array_of(3).T.sum()
#%% process_same_array_back | tasks=2
arr = np.zeros(3)
a = same(arr)
a is arr
b = keep({"arr": arr})
b["value"]["arr"] is arr
arr[0] = 5
a[0], b["again"]["arr"][0]
#%% process_large_array | tasks=4
big = np.arange(100_000)
sums = [int(total) for total in [same(big).sum() for _ in range(2)]]
def part(values, i):
    return float(values[i::3].sum())
parts = [part(big, i) for i in range(3)]
both = part(np.concatenate([big, big]), 1)
#%% process_large_text | tasks=2
text = "word " * 60_000
a = length(text)
b = length([text, text])
#%% process_large_list | tasks=2
many = [[i] for i in range(20_000)]
a = length(many)
b = first(many)
b is many[0]
#%% process_frame_back | tasks=2
frame = frame_of(6)
a = same(frame)
b = [summarise(frame), keep(frame)["value"] is frame]
a is frame
#%% process_frame_of_objects | tasks=1
frame = pd.DataFrame({"o": [[1], [2]]})
def cells(f):
    return f["o"].tolist()
a = cells(frame)
a[0] is frame["o"][0]
#%% process_columns | tasks=2
frame = frame_of(6)
v = frame_of(6)["v"]
w = summarise(frame)["sum"]
x = v.sum() + w.max()
#%% process_containers_back | tasks=1
def counted(values):
    return Counter(values), defaultdict(list, {1: [2]}), collections.deque(values, maxlen=3)
c, d, q = counted([1, 1, 2])
d[5].append(1)
c.most_common(1), d, q, type(d).__name__, q.maxlen
#%% process_scalars | tasks=6
values = [np.float64(1.5), np.int64(3), 1j, b"x", Path("a"), None]
back = [same(v) for v in values]
[type(v).__name__ for v in back]
#%% process_nan | tasks=1
x = same(float("nan"))
x != x
#%% process_decimal_context | tasks=2
import decimal
decimal.getcontext().prec = 4
def third(x):
    return decimal.Decimal(x) / 3
a, b = third(1), third(2)
decimal.getcontext().prec = 28
#%% process_errstate
old = np.seterr(divide="raise")
def inverse(x):
    return 1 / np.float64(x)
a = inverse(2)
try:
    b = inverse(0)
except FloatingPointError:
    b = "raised"
old = np.seterr(**old) and None
#%% process_folder | tasks=1
import os, tempfile
before = os.getcwd()
folder = tempfile.mkdtemp()
os.chdir(folder)
with open("here.txt", "w") as f:
    f.write("text")
def read(p):
    with open(p) as f:
        return f.read()
a = read("here.txt")
os.chdir(before)
b = os.path.exists("here.txt")
del before, folder, f
#%% process_local_module | tasks=2
import sys, types
helpers = types.ModuleType("corpus_helpers")
helpers.factor = 3
exec("def scaled(x):\n    return x * factor\n", vars(helpers))
def use(x):
    return helpers.factor + x
a = use(1)
helpers.factor = 4
b = use(1)
#%% process_recursive_functions | tasks=2
def even(n):
    return True if n == 0 else odd(n - 1)
def odd(n):
    return False if n == 0 else even(n - 1)
a, b = even(10), odd(7)
#%% process_two_stage_mixed | tasks=6
guard = threading.Lock()
def locked(x, lock):
    return x * 2
out = []
for i in range(3):
    x = inc(i)
    y = locked(x, guard)
    z = inc(y)
    out.append((x, y, z))
total = total_of([z for _, _, z in out])
#%% process_mixed_failure
guard = threading.Lock()
def locked(x, lock):
    return boom(x)
out = []
for i in range(5):
    out.append(inc(locked(i, guard)))
#%% process_mixed_failure_later
guard = threading.Lock()
def locked(x, lock):
    return x
a = boom(2)
b = locked(inc(1), guard)
c = divide(b, 0)
d = locked(boom(3), guard)
#%% process_unsafe_result
a = loud(1)
b = [a + loud(2), loud(3) + 1]
c = apply(loud, 5)
print(a, b)
log
#%% process_counting_state
def tally(n):
    t = Tally()
    for i in range(n):
        t.add(i)
    return t
a = tally(3)
a.add(5)
b = tally(4).count
a.count, b
#%% process_warnings_and_values | tasks=2
def warned(x):
    return np.float64(x) / np.float64(2)
a, b = warned(1), warned(3)
#%% process_print_order | tasks=4
print("before")
for i in range(3):
    print(i, load(i), point(i))
print("after", same(shared))
#%% process_generator_argument
def consume(values):
    return [v for v in values]
g = (v for v in [1, 2, 3])
a = consume(g)
b = consume(g)
#%% process_iterator_result
def iterate(values):
    return iter(values)
it = iterate([1, 2, 3])
a = next(it)
b = list(it)
#%% process_slot_in_global | tasks=4
parts = [load(1), load(2)]
def all_parts(x):
    return [x, parts]
a = all_parts(load(3))
a[1] is parts
#%% process_slot_in_default | tasks=3
parts = [load(1)]
def with_parts(x, p=parts):
    return p, x
a = with_parts(load(2))
a[0] is parts, parts
#%% process_tuple_of_concrete | tasks=2
inner = [1]
t = (inner, load(1))
u = same(t)
v = keep([t])
u[0] is inner, u is t, v["value"][0] is t
#%% process_strings | tasks=2
a = f"{load(1)}-{listed(2)!r:>10}"
b = length(a) + length(f"{load(3)}")
