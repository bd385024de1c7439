select
    carrier,
    trim(regexp_replace(name, ' (Inc\.|Co\.|Corporation)$', '')) as carrier_name
from {{ source('raw', 'airlines') }}
