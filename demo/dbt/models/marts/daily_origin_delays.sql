with days as (

    select
        origin,
        flight_date,
        count(*) as scheduled,
        count(*) filter (where is_cancelled) as cancelled,
        avg(dep_delay) as avg_dep_delay,
        max(dep_delay) as max_dep_delay,
        sum(case when dep_delay > 60 then 1 else 0 end) as very_late
    from {{ ref('stg_flights') }}
    group by all

)

select
    days.*,
    airports.airport_name,
    avg(avg_dep_delay) over week as avg_dep_delay_7d,
    sum(cancelled) over week as cancelled_7d
from days
inner join {{ ref('stg_airports') }} as airports on days.origin = airports.airport
window week as (partition by origin order by flight_date rows between 6 preceding and current row)
