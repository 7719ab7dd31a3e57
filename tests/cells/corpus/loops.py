#%% loop_append | tasks=8
out = []
for i in range(8):
    out.append(load(i))
#%% loop_dict | tasks=5
found = {}
for name in "abcde":
    found[name] = same(name)
#%% loop_sum | tasks=6
t = 0
for i in range(6):
    t += load(i)
#%% loop_two_stage | tasks=12
parts = []
for i in range(6):
    x = load(i)
    parts.append(inc(x))
#%% map_reduce | tasks=14
loaded = [load(i) for i in range(6)]
squared = [same(x) for x in loaded]
final = total_of(squared)
more = inc(final)
final, more
#%% loop_variable_stays | tasks=4
for i in range(4):
    y = inc(i)
i, y
#%% nested_loops | tasks=9
grid = []
for i in range(3):
    row = []
    for j in range(3):
        row.append(add(i, j))
    grid.append(row)
#%% nested_loop_comprehension | tasks=9
grid = [[add(i, j) for j in range(3)] for i in range(3)]
flat = [x for row in grid for x in row]
#%% double_comprehension | tasks=6
flat = [add(i, j) for i in range(2) for j in range(3)]
#%% comprehension_condition | tasks=9
out = [inc(i) for i in range(9) if is_even(i)]
#%% comprehension_plain_condition | tasks=5
out = [inc(i) for i in range(9) if i % 2 == 0]
#%% dict_comprehension | tasks=5
d = {k: load(k) for k in range(5)}
#%% dict_comprehension_lazy_keys | tasks=4
d = {inc(k): k for k in range(4)}
#%% set_comprehension | tasks=5
s = {load(k % 3) for k in range(5)}
#%% generator_sum | tasks=5
t = sum(load(k) for k in range(5))
#%% generator_others | tasks=20
hi = max(load(k) for k in range(5))
lo = min((load(k) for k in range(5)), default=0)
tp = tuple(load(k) for k in range(5))
so = sorted(same(-k) for k in range(5))
#%% generator_any_all
a = any(boom(k) for k in range(5))
b = all(is_even(k) for k in range(5))
log
#%% generator_kept
g = (inc(k) for k in range(4))
l = list(g)
#%% generator_join | tasks=1
s = ", ".join(str(load(k)) for k in range(4))
u = inc(1)
#%% map_list | tasks=5
out = list(map(load, range(5)))
#%% map_loop | tasks=5
out = []
for x in map(load, range(5)):
    out.append(x)
#%% map_two | tasks=3
out = list(map(add, [1, 2, 3], (4, 5, 6)))
#%% map_kept
m = map(load, range(3))
out = [next(m), *m]
#%% map_lambda | tasks=3
out = list(map(lambda v: v * 2, range(3)))
#%% filter_builtin
out = list(filter(is_even, range(6)))
#%% enumerate_zip | tasks=6
names = ["x", "y", "z"]
out = {}
for n, (name, v) in enumerate(zip(names, [load(i) for i in range(3)])):
    out[name] = (n, inc(v))
#%% dict_zip | tasks=3
d = dict(zip("abc", [load(i) for i in range(3)]))
#%% zip_of_tasks | tasks=6
xs = [load(i) for i in range(3)]
ys = [inc(i) for i in range(3)]
both = list(zip(xs, ys))
z = [a + b for a, b in both]
#%% items_of_dict | tasks=6
d = {k: load(k) for k in range(3)}
e = {k: inc(v) for k, v in d.items()}
vs = list(d.values())
total = sum(d.values())
#%% while_counter | tasks=5
n = 0
out = []
while n < 5:
    out.append(load(n))
    n += 1
#%% while_on_task | tasks=4
n = 0
while inc(n) < 4:
    n += 1
#%% while_else_break | tasks=3
n = 0
while True:
    n = inc(n)
    if n == 3:
        break
else:
    n = -1
#%% for_else | tasks=3
for i in range(3):
    x = inc(i)
else:
    done = x
#%% for_break | tasks=1
for i in range(10):
    x = inc(i)
    if x > 4:
        break
else:
    x = "never"
#%% for_continue | tasks=3
out = []
for i in range(6):
    if i % 2:
        continue
    out.append(inc(i))
#%% loop_over_task | tasks=1
total = 0
for x in listed(4):
    total += x
#%% loop_over_growing_list
queue = [3]
seen = []
for x in queue:
    seen.append(inc(x))
    if x > 0:
        queue.append(x - 1)
#%% loop_unpack_task | tasks=4
out = []
for i in range(4):
    a, b = pair(i)
    out.append(a + b)
#%% loop_over_generator
out = [inc(x) for x in countdown(4)]
#%% loop_over_impure_generator
def emitting():
    for i in range(3):
        print("emit", i)
        log.append(i)
        yield i
out = []
for x in emitting():
    out.append(inc(x))
    print("got", x)
len(log)
#%% iterrows | tasks=4
frame = pd.DataFrame({"a": [1, 2, 3, 4]})
out = []
for index, row in frame.iterrows():
    out.append(add(index, int(row["a"])))
#%% groupby_loop | tasks=3
frame = frame_of(9)
out = {}
for key, group in frame.groupby("k"):
    out[key] = length(group)
#%% tiny_loop
t = 0
for i in range(300):
    t += inc(i)
#%% tiny_comprehension
squares = [inc(i) for i in range(300)]
d = {i: inc(i) for i in range(200)}
s = {inc(i) for i in range(200)}
g = sum(inc(i) for i in range(200))
#%% tiny_while
n = 0
while n < 250:
    n = inc(n)
#%% tiny_mixed
out = []
for i in range(120):
    x = inc(i)
    if x % 3 == 0:
        out.append(x)
    elif x % 5 == 0:
        out.append(-x)
    else:
        out[-1:] = [x]
#%% tiny_nested
t = 0
for i in range(20):
    for j in range(20):
        if j == 15:
            continue
        if j == 17:
            break
        t += add(i, j)
#%% tiny_error
t = 0
for i in range(300):
    t += boom(i, 250)
#%% tiny_print
for i in range(60):
    x = inc(i)
    print(i, x)
#%% accumulate_arrays | tasks=4
acc = 0
for i in range(4):
    acc += array_of(5)
#%% accumulate_lists
acc = []
for i in range(4):
    acc += listed(i)
#%% accumulate_lists_plain_plus | tasks=4
acc = []
for i in range(4):
    acc = acc + listed(i)
#%% iadd_alias
acc = array_of(4)
alias = acc
acc += array_of(4)
alias.tolist(), acc is alias
#%% iadd_returned_argument
arr = np.zeros(3)
r = same(arr)
r += array_of(3)
arr.tolist(), r is arr
