"""Writing to files and tables: methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from treadle.dataframe.frame import FrameCollection


class OutputFrame(FrameCollection):
    """Methods of frames, series and indexes."""

    __slots__ = ()


class _Files(FrameCollection):
    """Methods of frames and series."""

    __slots__ = ()

    def to_csv(
        self,
        filename: Any,
        single_file: bool = False,
        encoding: str = "utf-8",
        mode: str = "w",
        name_function: Callable[[int], str] | None = None,
        compression: str | None = "infer",
        compute: bool = True,
        scheduler: Any = None,
        storage_options: Mapping[str, Any] | None = None,
        header_first_partition_only: bool | None = None,
        compute_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Write CSV files, one for each partition, or one for all.

        Files appear when all of them are written; if something fails, what was there stays.

        Parameters
        ----------
        filename : str, path, or list of these
            With a ``*`` for the number of the partition, or a directory, or a file each; with
            ``single_file`` the one file.
        single_file : bool
            Put all partitions into one file, in their order.
        encoding : str
        mode : {"w", "x", "a"}
            Replace files, refuse to, or add to them.
        name_function : callable, optional
            Number of a partition -> what ``*`` stands for.
        compression : str, optional
            ``"infer"`` goes by the name's ending: gzip, bz2, xz or zstd.
        compute : bool
            Write now; otherwise return a value that writes when it is computed.
        scheduler : str, Client or Engine, optional
        storage_options : dict, optional
            For the file system.
        header_first_partition_only : bool, optional
            By default with ``single_file``.
        compute_kwargs : dict, optional
            For ``compute``.
        **kwargs
            As for :meth:`pandas.DataFrame.to_csv`.

        Returns
        -------
        list of str, or Scalar
            Paths of the files.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> folder = tempfile.mkdtemp()
        >>> _ = df.to_csv(folder + "/*.csv", index=False)
        >>> dd.read_csv(folder + "/*.csv").npartitions
        3
        """
        from treadle.dataframe.io.csv_write import to_csv

        return to_csv(
            self, filename, single_file, encoding, mode, name_function, compression, compute,
            scheduler, storage_options, header_first_partition_only, compute_kwargs, **kwargs,
        )  # fmt: skip

    def to_json(
        self,
        url_path: Any,
        orient: str = "records",
        lines: bool | None = None,
        storage_options: dict[str, Any] | None = None,
        compute: bool = True,
        encoding: str = "utf-8",
        errors: str = "strict",
        compression: str | None = "infer",
        compute_kwargs: Mapping[str, Any] | None = None,
        name_function: Callable[[int], str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Write files of JSON, one for each partition.

        Files appear when all of them are written; if something fails, what was there stays.

        Parameters
        ----------
        url_path : str, path, or list of these
            With a ``*`` for the number of the partition, or a directory, or a file each.
        orient : str
            As for pandas.
        lines : bool, optional
            A record a line; without it that is so for the orient "records".
        storage_options : dict, optional
            For the file system.
        compute : bool
            Write now; otherwise return a value that writes when it is computed.
        encoding, errors : str
            As for :func:`open`.
        compression : str, optional
            ``"infer"`` goes by the name's ending.
        compute_kwargs : dict, optional
            For ``compute``.
        name_function : callable, optional
            Number of a partition -> what ``*`` stands for.
        **kwargs
            As for :meth:`pandas.DataFrame.to_json`.

        Returns
        -------
        list of str, or Scalar
            Paths of the files.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> folder = tempfile.mkdtemp()
        >>> _ = df.to_json(folder + "/*.jsonl")
        >>> dd.read_json(folder).x.compute().tolist()
        [0, 1, 2, 3, 4, 5]
        """
        from treadle.dataframe.io.json_frames import to_json

        return to_json(
            self, url_path, orient, lines, storage_options, compute, encoding, errors, compression,
            compute_kwargs, name_function, **kwargs,
        )  # fmt: skip

    def to_sql(
        self,
        name: str,
        uri: str,
        schema: str | None = None,
        if_exists: str = "fail",
        index: bool = True,
        index_label: Any = None,
        chunksize: int | None = None,
        dtype: Any = None,
        method: Any = None,
        compute: bool = True,
        parallel: bool = False,
        engine_kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Write rows to a table of a database, partition by partition.

        Parameters
        ----------
        name : str
            The table.
        uri : str
            Of the database, as SQLAlchemy takes it.
        schema : str, optional
        if_exists : {"fail", "replace", "append"}
        index : bool
            Write the index as columns.
        index_label, chunksize, dtype, method
            As for :meth:`pandas.DataFrame.to_sql`.
        compute : bool
            Write now; otherwise return a value that writes when it is computed.
        parallel : bool
            Write several partitions at a time, in any order; for databases that take that.
        engine_kwargs : dict, optional
            For :func:`sqlalchemy.create_engine`.

        Returns
        -------
        int, or Delayed
            Rows that were written.

        Raises
        ------
        ValueError
            If the table is there and ``if_exists="fail"``.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": [5, 6, 7]}).rename_axis("id"), npartitions=2)
        >>> uri = f"sqlite:///{tempfile.mkdtemp()}/a.db"
        >>> df.to_sql("numbers", uri)
        3
        >>> dd.read_sql_table("numbers", uri, "id").x.compute().tolist()
        [5, 6, 7]
        """
        from treadle.dataframe.io.sql_write import to_sql

        return to_sql(
            self, name, uri, schema, if_exists, index, index_label, chunksize, dtype, method,
            compute, parallel, engine_kwargs,
        )  # fmt: skip


class OutputDataFrame(_Files):
    """Methods of frames."""

    __slots__ = ()

    def to_parquet(
        self,
        path: Any,
        compression: Any = "snappy",
        write_index: bool | None = True,
        append: bool = False,
        overwrite: bool = False,
        ignore_divisions: bool = False,
        partition_on: str | Sequence[str] | None = None,
        storage_options: dict[str, Any] | None = None,
        write_metadata_file: bool = False,
        compute: bool = True,
        compute_kwargs: Mapping[str, Any] | None = None,
        schema: Any = None,
        name_function: Callable[[int], str] | None = None,
        engine: str = "auto",
        **kwargs: Any,
    ) -> Any:
        """Write Parquet files into a directory, one for each partition.

        Files appear when all of them are written; if something fails, what was there stays.

        Parameters
        ----------
        path : str or path
            Directory, which may not exist yet.
        compression : str, dict or None
            As for :func:`pyarrow.parquet.write_table`.
        write_index : bool or None
            True makes fields of the index, False leaves it out; None does as pandas, which only
            notes a range.
        append : bool
            Add files to the data set that is there; its columns must fit.
        overwrite : bool
            Take the data set's old files away when the new ones are written.
        ignore_divisions : bool
            With ``append``, allow labels that begin before those there end.
        partition_on : str or list of str, optional
            Columns that become folders, ``year=2024``.
        storage_options : dict, optional
            For the file system.
        write_metadata_file : bool
            Write ``_metadata`` with the footers of all files.
        compute : bool
            Write now; otherwise return a value that writes when it is computed.
        compute_kwargs : dict, optional
            For ``compute``.
        schema : pyarrow.Schema or dict of str to pyarrow.DataType, optional
            Types of fields, or of some; others are told from dtypes.
        name_function : callable, optional
            Number of a partition -> name of its file, which ends with ``.parquet``.
        engine : {"auto", "pyarrow"}
            There is one only.
        **kwargs
            For :func:`pyarrow.parquet.write_table`, ``row_group_size`` for example.

        Returns
        -------
        list of str, or Scalar
            Paths of the files.

        Raises
        ------
        FileExistsError
            If there is data already, and neither ``append`` nor ``overwrite`` is asked for.
        DataFileError
            If columns do not fit those there, or values their column.
        ValueError
            If files would be overwritten that the frame reads, and for columns Parquet can't store.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> folder = tempfile.mkdtemp()
        >>> _ = df.to_parquet(folder)
        >>> dd.read_parquet(folder).npartitions
        3
        """
        from treadle.dataframe.io.parquet_save import to_parquet

        return to_parquet(
            self, path, compression, write_index, append, overwrite, ignore_divisions,
            partition_on, storage_options, write_metadata_file, compute, compute_kwargs, schema,
            name_function, engine, **kwargs,
        )  # fmt: skip

    def to_orc(
        self,
        path: Any,
        engine: str = "pyarrow",
        write_index: bool = True,
        storage_options: dict[str, Any] | None = None,
        compute: bool = True,
        compute_kwargs: Mapping[str, Any] | None = None,
        compression: str = "snappy",
    ) -> Any:
        """Write ORC files into a directory, one for each partition.

        Files appear when all of them are written; if something fails, what was there stays.

        Parameters
        ----------
        path : str or path
            Directory, or a path with a ``*`` for the number of the partition.
        engine : {"pyarrow"}
            There is one only.
        write_index : bool
            Write the index as fields.
        storage_options : dict, optional
            For the file system.
        compute : bool
            Write now; otherwise return a value that writes when it is computed.
        compute_kwargs : dict, optional
            For ``compute``.
        compression : str
            As for :func:`pyarrow.orc.write_table`.

        Returns
        -------
        list of str, or Scalar
            Paths of the files.

        Examples
        --------
        >>> import tempfile
        >>> import pandas as pd
        >>> import treadle.dataframe as dd
        >>> df = dd.from_pandas(pd.DataFrame({"x": range(6)}), npartitions=3)
        >>> folder = tempfile.mkdtemp()
        >>> _ = df.to_orc(folder, write_index=False)
        >>> dd.read_orc(folder).x.compute().tolist()
        [0, 1, 2, 3, 4, 5]
        """
        from treadle.dataframe.io.orc_frames import to_orc

        return to_orc(
            self, path, engine, write_index, storage_options, compute, compute_kwargs, compression
        )


class OutputSeries(_Files):
    """Methods of series."""

    __slots__ = ()
