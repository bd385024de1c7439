-- Every flight that left is one departure and one arrival.
select flights.total, movements.total as movements
from (select count(*) as total from {{ ref('fct_flights') }}) as flights,
    (select sum(movements) as total from {{ ref('airport_movements') }}) as movements
where movements.total <> 2 * flights.total
