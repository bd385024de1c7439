with movements as (

    select origin as airport, flight_date, 'departure' as direction, dep_delay as delay
    from {{ ref('fct_flights') }}

    union all

    select dest as airport, flight_date, 'arrival' as direction, arr_delay as delay
    from {{ ref('fct_flights') }}

)

select
    airport,
    flight_date,
    direction,
    count(*) as movements,
    max(delay) as worst_delay
from movements
group by all
