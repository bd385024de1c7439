"""What a function does to its arguments, as far as lineage cares."""

from typing import Final

from sqlglot import exp

RANKINGS: Final = (
    exp.RowNumber,
    exp.Rank,
    exp.DenseRank,
    exp.PercentRank,
    exp.CumeDist,
    exp.Ntile,
)

NEIGHBOURS: Final = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
"""sqlglot counts these among the aggregates; their value is one row's value."""

HASHES: Final = (exp.MD5, exp.MD5Digest, exp.SHA, exp.SHA2, exp.SHA2Digest, exp.SHA1Digest, exp.FarmFingerprint)

HASH_NAMES: Final = frozenset(
    "crypt digest farm_hash hash hashtext hashtextextended hmac md5_number md5_number_lower md5_number_upper"
    " sha1 sha224 sha256 sha384 sha512 siphash64 xxhash64".split()
)
"""Hashes that sqlglot has no class for."""

AGGREGATE_NAMES: Final = frozenset(
    "approx_top_k arbitrary bit_and bit_or bit_xor bitstring_agg entropy every favg fsum geomean geometric_mean"
    " group_concat histogram histogram_exact json_agg json_agg_strict json_group_array json_group_object"
    " json_group_structure json_object_agg jsonb_agg jsonb_object_agg kahan_sum kurtosis kurtosis_pop listagg mad"
    " map_agg max_by min_by mode product quantile quantile_cont quantile_disc range_agg range_intersect_agg"
    " ratio_to_report regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy"
    " reservoir_quantile sem skewness sumkahan xmlagg".split()
)
"""Aggregates of DuckDB, PostgreSQL and Snowflake that sqlglot has no class for."""

FILE_READERS: Final = frozenset(
    "delta_scan glob iceberg_scan parquet_metadata parquet_scan parquet_schema read_blob read_csv"
    " read_csv_auto read_json read_json_auto read_json_objects read_ndjson read_ndjson_auto read_ndjson_objects"
    " read_parquet read_text read_xlsx sniff_csv st_read".split()
)
"""Table functions that read a file which no schema of ours describes."""

CONNECTIONS: Final = frozenset(
    "azureblobstorage cluster clusterallreplicas deltalake gcs hdfs hudi iceberg jdbc merge mongodb mysql mysql_scan"
    " odbc postgres_scan postgresql redis remote remotesecure s3 s3cluster sqlite sqlite_scan url urlcluster".split()
)
"""Table functions of ClickHouse and DuckDB that read elsewhere; their arguments may hold a password."""


def is_hash(node: exp.Expr) -> bool:
    return isinstance(node, HASHES) or (isinstance(node, exp.Anonymous) and node.name.lower() in HASH_NAMES)


def is_aggregate(node: exp.Expr) -> bool:
    if isinstance(node, exp.AggFunc):
        return not isinstance(node, NEIGHBOURS + RANKINGS)
    return isinstance(node, exp.Anonymous) and node.name.lower() in AGGREGATE_NAMES


def is_file_reader(node: exp.Expr) -> bool:
    if isinstance(node, (exp.ReadCSV, exp.ReadParquet)):
        return True
    return isinstance(node, exp.Anonymous) and node.name.lower() in FILE_READERS


def is_connection(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in CONNECTIONS
