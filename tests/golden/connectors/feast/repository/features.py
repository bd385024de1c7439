"""A small Feast repository with one of each thing that the connector reads."""

from datetime import timedelta

import pandas as pd
from feast import (
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    KafkaSource,
    PushSource,
    RequestSource,
    SnowflakeSource,
    StreamFeatureView,
)
from feast.data_format import JsonFormat
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float32, Float64, Int64, String
from feast.value_type import ValueType

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64, description="Who drives.")

trips = FileSource(
    name="trips",
    path="trips.parquet",
    timestamp_field="at",
    created_timestamp_column="created",
    description="Trips a day.",
    field_mapping={"conv": "conv_rate"},
)
tariffs = SnowflakeSource(name="tariffs", database="SHOP", schema="RAW", table="TARIFFS", timestamp_field="at")
ratings = SnowflakeSource(
    name="ratings",
    query='SELECT "driver_id", "at", avg("stars") AS "stars" FROM RATINGS GROUP BY "driver_id", "at"',
    timestamp_field="at",
    description="Stars a day.",
    owner="cy@shop.example",
    tags={"pii": "no"},
)
pushed = PushSource(name="pushed", batch_source=trips)
clicks = KafkaSource(
    name="clicks",
    kafka_bootstrap_servers="kafka.example:9092",
    topic="clicks",
    timestamp_field="at",
    batch_source=trips,
    message_format=JsonFormat("driver_id integer, at timestamp, clicks integer"),
)
offer = RequestSource(name="offer", schema=[Field(name="price", dtype=Float64)])

hourly = FeatureView(
    name="driver_hourly",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=[
        Field(name="conv_rate", dtype=Float32, description="Share of offers taken.", tags={"pii": "no"}),
        Field(name="trips", dtype=Int64),
    ],
    source=trips,
    tags={"tier": "gold"},
    owner="ada@shop.example",
    description="How a driver does.",
)
fresh = FeatureView(name="driver_fresh", entities=[driver], schema=[Field(name="trips", dtype=Int64)], source=pushed)
tariff = FeatureView(name="tariff", entities=[], schema=[Field(name="zone", dtype=String)], source=tariffs)
stars = FeatureView(name="driver_stars", entities=[driver], schema=[Field(name="stars", dtype=Float32)], source=ratings)


def clicked(rows):
    return {**rows, "clicks": [each + 1 for each in rows["clicks"]]}


clicking = StreamFeatureView(
    name="driver_clicks",
    entities=[driver],
    schema=[Field(name="clicks", dtype=Int64)],
    source=clicks,
    mode="python",
    udf=clicked,
    udf_string="def clicked(rows): ...",
    timestamp_field="at",
)


@on_demand_feature_view(
    sources=[hourly[["conv_rate"]], offer],
    schema=[Field(name="expected", dtype=Float64)],
    owner="bob@shop.example",
    description="What an offer brings.",
)
def expected_value(inputs: pd.DataFrame) -> pd.DataFrame:
    found = pd.DataFrame()
    found["expected"] = inputs["conv_rate"] * inputs["price"]
    return found


offers = FeatureService(
    name="offers",
    features=[hourly[["trips"]], stars, expected_value],
    owner="ada@shop.example",
    description="For the offer model.",
    tags={"model": "offers"},
)
