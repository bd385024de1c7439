-- table: t (i, k, a, b, c VARCHAR)
-- table: u (i, a, b, c VARCHAR)

-- case: ref and source
-- dialect: snowflake
-- table: raw.r (id, v)
{{ config(materialized='table') }}
SELECT x.i, r.v FROM {{ ref('t') }} AS x JOIN {{ source('raw', 'r') }} AS r ON r.id = x.i
--> in raw.r
--> in t
--> col i <- IDENTITY t.i
--> col v <- IDENTITY raw.r.v
--> row JOIN raw.r.id
--> row JOIN t.i

-- case: the first branch
-- dialect: bigquery
SELECT a FROM {{ ref('pkg', 'u') }} {% if is_incremental() %} WHERE b > 1 {% else %} WHERE i > 1 {% endif %}
--> in u
--> col a <- IDENTITY u.a
--> row FILTER u.b
--> gap template

-- case: a variable with a default, and one set
-- dialect: redshift
{% set flag = 'x' %}{# a note with {{ braces }} #}
SELECT k FROM t WHERE c = '{{ flag }}' AND a > {{ var('least', '5') }}
--> in t
--> col k <- IDENTITY t.k
--> row FILTER t.a
--> row FILTER t.c

-- case: a macro in the place of a value
-- dialect: postgres
SELECT i, {{ cents('a') }} AS d FROM t
--> in t
--> col i <- IDENTITY t.i
--> col d
--> gap template
--> gap unknown_column

-- case: a macro's own text is left out
-- dialect: databricks
{% macro m(x) %} {{ x }} + {% endmacro %}
SELECT b AS y FROM {{ this }} WHERE i = 1
--> in this
--> col y <- IDENTITY this.b 0.7
--> row FILTER this.i
