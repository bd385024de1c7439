-- The aircraft that flew, each with the last airport it left for.
select
    planes.*,
    flights.carrier as last_carrier,
    flights.dest as last_dest,
    flights.flight_date as last_seen
from {{ ref('stg_planes') }} as planes
inner join {{ ref('stg_flights') }} as flights using (tailnum)
where not flights.is_cancelled
qualify row_number() over (
    partition by planes.tailnum
    order by flights.scheduled_hour desc, flights.flight_key
) = 1
