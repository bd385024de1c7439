-- What the aircraft lived through before this flight.
select
    flight_key,
    lag(dep_delay) over (
        partition by tailnum order by scheduled_hour, flight_key
    ) as prev_dep_delay,
    count(*) over (
        partition by tailnum, flight_date order by scheduled_hour, flight_key
        rows between unbounded preceding and 1 preceding
    ) as flights_before_today
from {{ ref('stg_flights') }}
where tailnum is not null and not is_cancelled
