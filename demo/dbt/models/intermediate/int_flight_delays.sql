select
    flight_key,
    flight_date,
    scheduled_hour,
    sched_dep_minute,
    carrier,
    flight,
    tailnum,
    origin,
    dest,
    distance,
    air_time,
    dep_delay,
    arr_delay,
    dep_delay - arr_delay as made_up_minutes,
    {{ delay_band('dep_delay') }} as delay_band,
    arr_delay > 15 as is_late
from {{ ref('stg_flights') }}
where not is_cancelled
