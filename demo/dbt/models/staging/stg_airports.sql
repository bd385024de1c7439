select
    faa as airport,
    name as airport_name,
    lat,
    lon,
    alt as altitude_ft,
    tzone as time_zone
from {{ source('raw', 'airports') }}
