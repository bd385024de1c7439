{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='flight_key') }}

select
    delays.*,
    airlines.carrier_name,
    coalesce(airports.airport_name, delays.dest) as dest_name,
    planes.manufacturer,
    planes.seats
from {{ ref('int_flight_delays') }} as delays
left join {{ ref('stg_airlines') }} as airlines on delays.carrier = airlines.carrier
left join {{ ref('stg_airports') }} as airports on delays.dest = airports.airport
left join {{ ref('stg_planes') }} as planes on delays.tailnum = planes.tailnum
{% if is_incremental() %}
where delays.flight_date >= (select coalesce(max(flight_date), date '1900-01-01') from {{ this }})
{% endif %}
