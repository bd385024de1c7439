-- One instrument once read 1,048 miles per hour: such a wind is unknown, not strong.
select
    time_hour as scheduled_hour,
    * exclude (year, month, day, hour, time_hour)
        replace (case when wind_speed <= 200 then wind_speed end as wind_speed)
from {{ source('raw', 'weather') }}
