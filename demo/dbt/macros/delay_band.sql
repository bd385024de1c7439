{# The band of a delay in minutes, as the operations board colours it. #}
{% macro delay_band(delay) -%}
    case
        when {{ delay }} <= 0 then 'on time'
        when {{ delay }} <= 15 then 'minor'
        when {{ delay }} <= 60 then 'late'
        else 'very late'
    end
{%- endmacro %}
