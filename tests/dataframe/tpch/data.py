"""Tables of TPC-H as Parquet: a few files each, of a few row groups."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
SCALE = 0.05
FILES = 3


def make_tables(folder: Path, scale: float = SCALE, files: int = FILES) -> dict[str, Path]:
    """Write all tables below a folder; return the folder of each.

    Amounts of money become floats, and dates become times: what people compute with in pandas.
    """
    raw = folder / "raw"
    command = [
        _generator(), "parquet", "-s", str(scale), "--parts", str(files),
        "--row-group-bytes", "512KB", "--num-threads", "2", "--quiet", "--output-dir", str(raw),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=300)
    found = {}
    for table in TABLES:
        found[table] = folder / table
        found[table].mkdir()
        for path in sorted((raw / table).glob("*.parquet")):
            _convert(path, found[table] / path.name)
    shutil.rmtree(raw)
    return found


def _generator() -> str:
    return str(Path(sysconfig.get_path("scripts")) / "tpchgen-cli")


def _convert(source: Path, target: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def plain(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_decimal(kind):
            return pa.float64()
        if pa.types.is_date(kind):
            return pa.timestamp("us")
        return pa.string() if pa.types.is_string_view(kind) else kind

    table = pq.read_table(source)
    schema = pa.schema([(field.name, plain(field.type)) for field in table.schema])
    rows = max(table.num_rows // 2 + 1, 1)
    pq.write_table(table.cast(schema), target, row_group_size=rows)
