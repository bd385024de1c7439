select
    date_trunc('month', flight_date) as flight_month,
    carrier,
    any_value(carrier_name) as carrier_name,
    count(*) as flights,
    sum(seats) as seats_offered,
    median(dep_delay) as median_dep_delay,
    avg(is_late::int) as late_share,
    rank() over months as rank_in_month
from {{ ref('fct_flights') }}
group by flight_month, carrier
window months as (partition by date_trunc('month', flight_date) order by avg(is_late::int), carrier)
