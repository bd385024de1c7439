select
    origin,
    scheduled_hour,
    temp,
    wind_speed,
    visib,
    precip,
    sum(precip) over (
        partition by origin order by scheduled_hour
        range between interval 3 hours preceding and current row
    ) as precip_3h,
    pressure - lag(pressure) over (partition by origin order by scheduled_hour) as pressure_change
from {{ ref('stg_weather') }}
