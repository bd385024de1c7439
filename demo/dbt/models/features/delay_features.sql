-- One row a flight that arrived; every feature is known before it leaves, arr_delay and is_late are what a model learns.
select
    flight_key,
    flight_date,
    carrier,
    origin,
    dest,
    distance,
    sched_dep_minute,
    isodow(flight_date) as weekday,
    year(flight_date) - planes.built_year as plane_age,
    coalesce(prev_dep_delay, 0) as prev_dep_delay,
    coalesce(flights_before_today, 0) as flights_before_today,
    weather.* exclude (origin, scheduled_hour),
    arr_delay,
    is_late
from {{ ref('int_flight_delays') }}
left join {{ ref('aircraft_rotation') }} using (flight_key)
left join {{ ref('origin_weather') }} as weather using (origin, scheduled_hour)
left join {{ ref('stg_planes') }} as planes using (tailnum)
where is_late is not null
