with planes as (

    select * from {{ source('raw', 'planes') }}

)

select
    * exclude (year, speed)
        replace (case manufacturer when 'AIRBUS INDUSTRIE' then 'AIRBUS' else manufacturer end as manufacturer),
    year as built_year
from planes
