"""The 22 queries of TPC-H, as somebody writes them who knows pandas.

Each takes the tables by name and returns a frame in partitions, or one value. Sorting looks at its
keys when it is written; everything else waits until the result is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from treadle.dataframe import DataFrame

Tables = Mapping[str, DataFrame]


def day(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def q1(t: Tables) -> Any:
    lineitem = t["lineitem"]
    sold = lineitem[lineitem.l_shipdate <= day("1998-09-02")]
    sold = sold.assign(disc_price=sold.l_extendedprice * (1 - sold.l_discount))
    sold = sold.assign(charge=sold.disc_price * (1 + sold.l_tax))
    return (
        sold.groupby(["l_returnflag", "l_linestatus"], as_index=False)
        .agg(
            sum_qty=("l_quantity", "sum"),
            sum_base_price=("l_extendedprice", "sum"),
            sum_disc_price=("disc_price", "sum"),
            sum_charge=("charge", "sum"),
            avg_qty=("l_quantity", "mean"),
            avg_price=("l_extendedprice", "mean"),
            avg_disc=("l_discount", "mean"),
            count_order=("l_orderkey", "size"),
        )
        .sort_values(["l_returnflag", "l_linestatus"])
    )


def q2(t: Tables) -> Any:
    region, part = t["region"], t["part"]
    suppliers = (
        region[region.r_name == "EUROPE"]
        .merge(t["nation"], left_on="r_regionkey", right_on="n_regionkey")
        .merge(t["supplier"], left_on="n_nationkey", right_on="s_nationkey")
    )
    brass = part[(part.p_size == 15) & part.p_type.str.endswith("BRASS")]
    offers = brass.merge(t["partsupp"], left_on="p_partkey", right_on="ps_partkey").merge(
        suppliers, left_on="ps_suppkey", right_on="s_suppkey"
    )
    cheapest = offers.groupby("p_partkey").ps_supplycost.min().rename("cheapest").reset_index()
    best = offers.merge(cheapest, on="p_partkey")
    best = best[best.ps_supplycost == best.cheapest]
    columns = [
        "s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment",
    ]  # fmt: skip
    return (
        best[columns]
        .sort_values(
            ["s_acctbal", "n_name", "s_name", "p_partkey"], ascending=[False, True, True, True]
        )
        .head(100, npartitions=-1, compute=False)
    )


def q3(t: Tables) -> Any:
    customer, orders, lineitem = t["customer"], t["orders"], t["lineitem"]
    sold = (
        customer[customer.c_mktsegment == "BUILDING"]
        .merge(orders[orders.o_orderdate < day("1995-03-15")], left_on="c_custkey",
               right_on="o_custkey")
        .merge(lineitem[lineitem.l_shipdate > day("1995-03-15")], left_on="o_orderkey",
               right_on="l_orderkey")
    )  # fmt: skip
    sold = sold.assign(revenue=sold.l_extendedprice * (1 - sold.l_discount))
    total = sold.groupby(["l_orderkey", "o_orderdate", "o_shippriority"]).revenue.sum()
    columns = ["l_orderkey", "revenue", "o_orderdate", "o_shippriority"]
    return (
        total.reset_index()
        .sort_values(["revenue", "o_orderdate"], ascending=[False, True])[columns]
        .head(10, npartitions=-1, compute=False)
    )


def q4(t: Tables) -> Any:
    orders, lineitem = t["orders"], t["lineitem"]
    late = lineitem[lineitem.l_commitdate < lineitem.l_receiptdate]
    placed = orders[
        (orders.o_orderdate >= day("1993-07-01")) & (orders.o_orderdate < day("1993-10-01"))
    ]
    found = placed.merge(late, how="leftsemi", left_on="o_orderkey", right_on="l_orderkey")
    counts = found.groupby("o_orderpriority").size().rename("order_count")
    return counts.reset_index().sort_values("o_orderpriority")


def q5(t: Tables) -> Any:
    region, orders = t["region"], t["orders"]
    placed = orders[
        (orders.o_orderdate >= day("1994-01-01")) & (orders.o_orderdate < day("1995-01-01"))
    ]
    sold = (
        region[region.r_name == "ASIA"]
        .merge(t["nation"], left_on="r_regionkey", right_on="n_regionkey")
        .merge(t["customer"], left_on="n_nationkey", right_on="c_nationkey")
        .merge(placed, left_on="c_custkey", right_on="o_custkey")
        .merge(t["lineitem"], left_on="o_orderkey", right_on="l_orderkey")
        .merge(t["supplier"], left_on=["l_suppkey", "n_nationkey"],
               right_on=["s_suppkey", "s_nationkey"])
    )  # fmt: skip
    sold = sold.assign(revenue=sold.l_extendedprice * (1 - sold.l_discount))
    total = sold.groupby("n_name").revenue.sum().reset_index()
    return total.sort_values("revenue", ascending=False)


def q6(t: Tables) -> Any:
    lineitem = t["lineitem"]
    sold = lineitem[
        (lineitem.l_shipdate >= day("1994-01-01"))
        & (lineitem.l_shipdate < day("1995-01-01"))
        & lineitem.l_discount.between(0.05, 0.07)
        & (lineitem.l_quantity < 24)
    ]
    return (sold.l_extendedprice * sold.l_discount).sum()


def q7(t: Tables) -> Any:
    nation, lineitem = t["nation"], t["lineitem"]
    two = nation[nation.n_name.isin(["FRANCE", "GERMANY"])][["n_nationkey", "n_name"]]
    shipped = lineitem[
        (lineitem.l_shipdate >= day("1995-01-01")) & (lineitem.l_shipdate <= day("1996-12-31"))
    ]
    suppliers = two.merge(t["supplier"], left_on="n_nationkey", right_on="s_nationkey")
    customers = two.merge(t["customer"], left_on="n_nationkey", right_on="c_nationkey")
    suppliers = suppliers.rename(columns={"n_name": "supp_nation"})[["s_suppkey", "supp_nation"]]
    customers = customers.rename(columns={"n_name": "cust_nation"})[["c_custkey", "cust_nation"]]
    orders = t["orders"].merge(customers, left_on="o_custkey", right_on="c_custkey")
    sold = shipped.merge(suppliers, left_on="l_suppkey", right_on="s_suppkey").merge(
        orders, left_on="l_orderkey", right_on="o_orderkey"
    )
    sold = sold[sold.supp_nation != sold.cust_nation]
    sold = sold.assign(
        l_year=sold.l_shipdate.dt.year, revenue=sold.l_extendedprice * (1 - sold.l_discount)
    )
    keys = ["supp_nation", "cust_nation", "l_year"]
    return sold.groupby(keys).revenue.sum().reset_index().sort_values(keys)


def q8(t: Tables) -> Any:
    region, part, orders, nation = t["region"], t["part"], t["orders"], t["nation"]
    steel = part[part.p_type == "ECONOMY ANODIZED STEEL"]
    placed = orders[
        (orders.o_orderdate >= day("1995-01-01")) & (orders.o_orderdate <= day("1996-12-31"))
    ]
    customers = (
        region[region.r_name == "AMERICA"]
        .merge(nation, left_on="r_regionkey", right_on="n_regionkey")
        .merge(t["customer"], left_on="n_nationkey", right_on="c_nationkey")[["c_custkey"]]
    )
    suppliers = t["supplier"].merge(nation, left_on="s_nationkey", right_on="n_nationkey")
    sold = (
        steel.merge(t["lineitem"], left_on="p_partkey", right_on="l_partkey")
        .merge(placed, left_on="l_orderkey", right_on="o_orderkey")
        .merge(customers, left_on="o_custkey", right_on="c_custkey")
        .merge(suppliers, left_on="l_suppkey", right_on="s_suppkey")
    )
    sold = sold.assign(
        o_year=sold.o_orderdate.dt.year, volume=sold.l_extendedprice * (1 - sold.l_discount)
    )
    sold = sold.assign(brazil=sold.volume.where(sold.n_name == "BRAZIL", 0.0))
    total = sold.groupby("o_year")[["brazil", "volume"]].sum().reset_index()
    total = total.assign(mkt_share=total.brazil / total.volume)
    return total[["o_year", "mkt_share"]].sort_values("o_year")


def q9(t: Tables) -> Any:
    part = t["part"]
    suppliers = t["supplier"].merge(t["nation"], left_on="s_nationkey", right_on="n_nationkey")
    sold = (
        part[part.p_name.str.contains("green")]
        .merge(t["lineitem"], left_on="p_partkey", right_on="l_partkey")
        .merge(t["partsupp"], left_on=["l_suppkey", "l_partkey"],
               right_on=["ps_suppkey", "ps_partkey"])
        .merge(suppliers, left_on="l_suppkey", right_on="s_suppkey")
        .merge(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
    )  # fmt: skip
    sold = sold.assign(
        nation=sold.n_name,
        o_year=sold.o_orderdate.dt.year,
        sum_profit=sold.l_extendedprice * (1 - sold.l_discount)
        - sold.ps_supplycost * sold.l_quantity,
    )
    total = sold.groupby(["nation", "o_year"]).sum_profit.sum().reset_index()
    return total.sort_values(["nation", "o_year"], ascending=[True, False])


def q10(t: Tables) -> Any:
    orders, lineitem = t["orders"], t["lineitem"]
    placed = orders[
        (orders.o_orderdate >= day("1993-10-01")) & (orders.o_orderdate < day("1994-01-01"))
    ]
    sold = (
        lineitem[lineitem.l_returnflag == "R"]
        .merge(placed, left_on="l_orderkey", right_on="o_orderkey")
        .merge(t["customer"], left_on="o_custkey", right_on="c_custkey")
        .merge(t["nation"], left_on="c_nationkey", right_on="n_nationkey")
    )
    sold = sold.assign(revenue=sold.l_extendedprice * (1 - sold.l_discount))
    keys = ["c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment"]
    total = sold.groupby(keys).revenue.sum().reset_index()
    columns = [
        "c_custkey", "c_name", "revenue", "c_acctbal", "n_name", "c_address", "c_phone",
        "c_comment",
    ]  # fmt: skip
    return (
        total[columns]
        .sort_values("revenue", ascending=False)
        .head(20, npartitions=-1, compute=False)
    )


def q11(t: Tables, share: float = 0.002) -> Any:
    nation = t["nation"]
    offers = (
        nation[nation.n_name == "GERMANY"]
        .merge(t["supplier"], left_on="n_nationkey", right_on="s_nationkey")
        .merge(t["partsupp"], left_on="s_suppkey", right_on="ps_suppkey")
    )
    offers = offers.assign(value=offers.ps_supplycost * offers.ps_availqty)
    value = offers.groupby("ps_partkey").value.sum().reset_index()
    return value[value.value > offers.value.sum() * share].sort_values("value", ascending=False)


def q12(t: Tables) -> Any:
    lineitem = t["lineitem"]
    shipped = lineitem[
        lineitem.l_shipmode.isin(["MAIL", "SHIP"])
        & (lineitem.l_commitdate < lineitem.l_receiptdate)
        & (lineitem.l_shipdate < lineitem.l_commitdate)
        & (lineitem.l_receiptdate >= day("1994-01-01"))
        & (lineitem.l_receiptdate < day("1995-01-01"))
    ]
    found = shipped.merge(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
    urgent = found.o_orderpriority.isin(["1-URGENT", "2-HIGH"])
    found = found.assign(
        high_line_count=urgent.astype("int64"), low_line_count=(~urgent).astype("int64")
    )
    total = found.groupby("l_shipmode")[["high_line_count", "low_line_count"]].sum()
    return total.reset_index().sort_values("l_shipmode")


def q13(t: Tables) -> Any:
    orders = t["orders"]
    plain = orders[~orders.o_comment.str.contains("special.*requests")]
    placed = t["customer"].merge(plain, how="left", left_on="c_custkey", right_on="o_custkey")
    counts = placed.groupby("c_custkey").o_orderkey.count().rename("c_count").reset_index()
    customers = counts.groupby("c_count").size().rename("custdist").reset_index()
    return customers.sort_values(["custdist", "c_count"], ascending=False)


def q14(t: Tables) -> Any:
    lineitem = t["lineitem"]
    shipped = lineitem[
        (lineitem.l_shipdate >= day("1995-09-01")) & (lineitem.l_shipdate < day("1995-10-01"))
    ]
    sold = shipped.merge(t["part"], left_on="l_partkey", right_on="p_partkey")
    revenue = sold.l_extendedprice * (1 - sold.l_discount)
    promoted = revenue.where(sold.p_type.str.startswith("PROMO"), 0.0)
    return 100.0 * promoted.sum() / revenue.sum()


def q15(t: Tables) -> Any:
    lineitem = t["lineitem"]
    shipped = lineitem[
        (lineitem.l_shipdate >= day("1996-01-01")) & (lineitem.l_shipdate < day("1996-04-01"))
    ]
    shipped = shipped.assign(total_revenue=shipped.l_extendedprice * (1 - shipped.l_discount))
    revenue = shipped.groupby("l_suppkey").total_revenue.sum().reset_index()
    most = revenue[revenue.total_revenue == revenue.total_revenue.max()]
    found = t["supplier"].merge(most, left_on="s_suppkey", right_on="l_suppkey")
    columns = ["s_suppkey", "s_name", "s_address", "s_phone", "total_revenue"]
    return found[columns].sort_values("s_suppkey")


def q16(t: Tables) -> Any:
    part, supplier = t["part"], t["supplier"]
    wanted = part[
        (part.p_brand != "Brand#45")
        & ~part.p_type.str.startswith("MEDIUM POLISHED")
        & part.p_size.isin([49, 14, 23, 45, 19, 3, 36, 9])
    ]
    bad = supplier[supplier.s_comment.str.contains("Customer.*Complaints")]
    offers = (
        t["partsupp"]
        .merge(bad, how="leftanti", left_on="ps_suppkey", right_on="s_suppkey")
        .merge(wanted, left_on="ps_partkey", right_on="p_partkey")
    )
    keys = ["p_brand", "p_type", "p_size"]
    counts = offers.groupby(keys).ps_suppkey.nunique().rename("supplier_cnt").reset_index()
    return counts.sort_values(["supplier_cnt", *keys], ascending=[False, True, True, True])


def q17(t: Tables) -> Any:
    part = t["part"]
    boxes = part[(part.p_brand == "Brand#23") & (part.p_container == "MED BOX")]
    sold = boxes.merge(t["lineitem"], left_on="p_partkey", right_on="l_partkey")
    usual = sold.groupby("p_partkey").l_quantity.mean().rename("usual").reset_index()
    few = sold.merge(usual, on="p_partkey")
    few = few[few.l_quantity < 0.2 * few.usual]
    return few.l_extendedprice.sum() / 7.0


def q18(t: Tables) -> Any:
    lineitem = t["lineitem"]
    quantity = lineitem.groupby("l_orderkey").l_quantity.sum().rename("total_quantity")
    quantity = quantity.reset_index()
    found = (
        quantity[quantity.total_quantity > 300]
        .merge(t["orders"], left_on="l_orderkey", right_on="o_orderkey")
        .merge(t["customer"], left_on="o_custkey", right_on="c_custkey")
    )
    columns = [
        "c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice", "total_quantity",
    ]  # fmt: skip
    return (
        found[columns]
        .sort_values(["o_totalprice", "o_orderdate"], ascending=[False, True])
        .head(100, npartitions=-1, compute=False)
    )


def q19(t: Tables) -> Any:
    lineitem = t["lineitem"]
    shipped = lineitem[
        lineitem.l_shipmode.isin(["AIR", "AIR REG"])
        & (lineitem.l_shipinstruct == "DELIVER IN PERSON")
    ]
    sold = shipped.merge(t["part"], left_on="l_partkey", right_on="p_partkey")
    small = (
        (sold.p_brand == "Brand#12")
        & sold.p_container.isin(["SM CASE", "SM BOX", "SM PACK", "SM PKG"])
        & sold.l_quantity.between(1, 11)
        & sold.p_size.between(1, 5)
    )
    medium = (
        (sold.p_brand == "Brand#23")
        & sold.p_container.isin(["MED BAG", "MED BOX", "MED PKG", "MED PACK"])
        & sold.l_quantity.between(10, 20)
        & sold.p_size.between(1, 10)
    )
    large = (
        (sold.p_brand == "Brand#34")
        & sold.p_container.isin(["LG CASE", "LG BOX", "LG PACK", "LG PKG"])
        & sold.l_quantity.between(20, 30)
        & sold.p_size.between(1, 15)
    )
    sold = sold[small | medium | large]
    return (sold.l_extendedprice * (1 - sold.l_discount)).sum()


def q20(t: Tables) -> Any:
    part, nation, lineitem = t["part"], t["nation"], t["lineitem"]
    shipped = lineitem[
        (lineitem.l_shipdate >= day("1994-01-01")) & (lineitem.l_shipdate < day("1995-01-01"))
    ]
    keys = ["l_partkey", "l_suppkey"]
    quantity = shipped.groupby(keys).l_quantity.sum().rename("shipped").reset_index()
    offers = (
        t["partsupp"]
        .merge(part[part.p_name.str.startswith("forest")], how="leftsemi", left_on="ps_partkey",
               right_on="p_partkey")
        .merge(quantity, left_on=["ps_partkey", "ps_suppkey"], right_on=keys)
    )  # fmt: skip
    offers = offers[offers.ps_availqty > 0.5 * offers.shipped]
    suppliers = nation[nation.n_name == "CANADA"].merge(
        t["supplier"], left_on="n_nationkey", right_on="s_nationkey"
    )
    found = suppliers.merge(offers, how="leftsemi", left_on="s_suppkey", right_on="ps_suppkey")
    return found[["s_name", "s_address"]].sort_values("s_name")


def q21(t: Tables) -> Any:
    nation, orders, lineitem = t["nation"], t["orders"], t["lineitem"]
    pairs = lineitem.assign(late=lineitem.l_receiptdate > lineitem.l_commitdate)
    by_order = pairs.groupby("l_orderkey").l_suppkey.nunique().rename("suppliers").reset_index()
    late = pairs[pairs.late]
    late_by_order = late.groupby("l_orderkey").l_suppkey.nunique().rename("late_ones").reset_index()
    suppliers = nation[nation.n_name == "SAUDI ARABIA"].merge(
        t["supplier"], left_on="n_nationkey", right_on="s_nationkey"
    )
    waited = (
        late.merge(suppliers, left_on="l_suppkey", right_on="s_suppkey")
        .merge(orders[orders.o_orderstatus == "F"], left_on="l_orderkey", right_on="o_orderkey")
        .merge(by_order, on="l_orderkey")
        .merge(late_by_order, on="l_orderkey")
    )
    waited = waited[(waited.suppliers > 1) & (waited.late_ones == 1)]
    counts = waited.groupby("s_name").size().rename("numwait").reset_index()
    return counts.sort_values(["numwait", "s_name"], ascending=[False, True]).head(
        100, npartitions=-1, compute=False
    )


def q22(t: Tables) -> Any:
    customer = t["customer"].assign(cntrycode=t["customer"].c_phone.str.slice(0, 2))
    chosen = customer[customer.cntrycode.isin(["13", "31", "23", "29", "30", "18", "17"])]
    usual = chosen[chosen.c_acctbal > 0].c_acctbal.mean()
    rich = chosen[chosen.c_acctbal > usual]
    idle = rich.merge(t["orders"], how="leftanti", left_on="c_custkey", right_on="o_custkey")
    total = idle.groupby("cntrycode").agg(
        numcust=("c_acctbal", "size"), totacctbal=("c_acctbal", "sum")
    )
    return total.reset_index().sort_values("cntrycode")


QUERIES = {number: globals()[f"q{number}"] for number in range(1, 23)}
