select
    concat_ws('-', carrier, flight, origin, make_date(year, month, day)) as flight_key,
    make_date(year, month, day) as flight_date,
    time_hour as scheduled_hour,
    {{ clock_minutes('sched_dep_time') }} as sched_dep_minute,
    {{ clock_minutes('dep_time') }} as dep_minute,
    dep_time is null as is_cancelled,
    * exclude (year, month, day, hour, minute, time_hour, dep_time, sched_dep_time, arr_time, sched_arr_time)
from {{ source('raw', 'flights') }}
