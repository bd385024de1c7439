{# Minutes since midnight of a clock reading HHMM. #}
{% macro clock_minutes(reading) -%}
    ({{ reading }} // 100) * 60 + {{ reading }} % 100
{%- endmacro %}
