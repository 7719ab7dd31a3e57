#%% error_in_loop
out = []
for i in range(6):
    out.append(boom(i))
after = 1
#%% error_first_in_program_order
a = inc(1)
b = boom(3)
c = divide(1, 0)
#%% error_second_line
a = divide(1, 0)
b = boom(3)
#%% error_nested_function
values = []
for i in range(5):
    values.append(nested_boom(i))
#%% error_in_comprehension
ok = inc(1)
out = [boom(i) for i in range(5)]
#%% error_in_dict_comprehension
out = {i: boom(i) for i in range(5)}
#%% error_in_generator_sum
out = sum(boom(i) for i in range(5))
#%% error_sum_before_item
out = sum(("a" if i == 1 else boom(i)) for i in range(5))
#%% error_sum_type_of_task
out = sum(same("a") if i == 1 else boom(i) for i in range(5))
#%% error_set_unhashable
out = {(listed(i) if i == 1 else boom(i)) for i in range(5)}
#%% error_operator
a = load(1)
b = a + "x"
c = 3
#%% error_attribute
a = load(1)
b = a.nothing
#%% error_method_before_arguments
a = load(1)
b = a.nothing(boom(3))
#%% error_item
a = listed(1)
b = a[7]
c = 1
#%% error_unpack_count
x = 1
a, b, c = listed(1)
d = 2
#%% error_unpack_number
a, b = load(1)
#%% error_unpack_nested
a, (b, c) = 1, listed(3)
a, (b, c) = 2, 5
#%% error_prints_before
for i in range(6):
    print("line", boom(i))
print("never")
#%% error_print_order
print("start")
a = inc(1)
print(a)
b = boom(3)
print("not", b)
#%% error_undoes_appends
out = [0]
a = boom(3)
out.append(1)
out += [2]
out.extend([3])
#%% error_undoes_dict
d = {"a": 1}
x = boom(3)
d["a"] = 2
d["b"] = 3
#%% error_undoes_items
l = [1, 2, 3]
x = boom(3)
l[0] = 9
l[-1] = inc(5)
#%% error_undoes_loop_variable
i = "old"
for i in range(5):
    x = boom(i)
#%% error_undoes_del
z = 1
x = boom(3)
del z
#%% error_undoes_shared
x = boom(3)
shared.append(4)
table["c"] = 3
#%% error_undoes_defaultdict
groups = defaultdict(list)
groups["a"].append(inc(1))
x = boom(3)
groups["b"].append(inc(2))
#%% error_before_effect
x = boom(3)
note(1)
#%% error_effect_before
note(1)
x = boom(3)
note(2)
#%% error_name
a = inc(1)
b = undefined_name
c = 2
#%% error_name_in_call
a = inc(1)
b = inc(undefined_name)
#%% error_name_after_failing_task
a = boom(3)
b = undefined_name
#%% error_key
d = {}
a = inc(1)
b = d["missing"]
#%% error_not_callable
a = inc(1)
b = a(3)
#%% error_arguments
a = inc(1)
b = inc(1, 2, 3)
#%% error_unknown_keyword
a = inc(1, nothing=2)
#%% error_assert
a = inc(1)
assert a == 3, f"a is {a}"
#%% error_assert_plain
assert inc(1) == 3
#%% error_raise
a = load(2)
raise KeyError(a)
#%% error_if
a = load(2)
if boom(3):
    b = 1
#%% error_while
while boom(3):
    pass
#%% error_in_map
out = list(map(boom, range(6)))
#%% error_stop_iteration
a = inc(1)
it = iter([])
b = next(it)
#%% error_in_lambda
f = lambda v: v / 0
a = f(1)
b = 2
#%% error_in_fstring
a = load(3)
s = f"{a:>q}"
t = 1
#%% error_in_fstring_order
s = f"{load(1):>q} {boom(3)}"
#%% error_recursion
def forever(n):
    return forever(n + 1)
a = inc(1)
b = forever(0)
#%% error_custom
class MyError(Exception):
    pass
def failing(x):
    raise MyError(x)
a = failing(1)
#%% error_from
def failing(x):
    try:
        return 1 / x
    except ZeroDivisionError as error:
        raise ValueError("bad") from error
a = failing(0)
#%% error_sorted
out = sorted([load(1), same("a")])
#%% error_index_assign
l = [1]
a = inc(1)
l[5] = a
#%% error_del_missing
a = inc(1)
del nothing_here
#%% error_iadd
t = 0
for i in range(3):
    t += same("a" if i == 1 else i)
#%% error_compare
a = load(1) < same("x")
b = 1
#%% error_in_argument_before_attribute
a = math.nothing(boom(3))
#%% error_star_number
a = inc(*load(1))
#%% error_double_star
a = add(**load(1))
#%% error_duplicate_keyword
opts = {"y": 1}
a = add(1, y=2, **opts)
#%% error_import
a = inc(1)
import no_such_module_anywhere
#%% error_name_of_lazy_global
z = boom(3)
w = reads_scale(2)
