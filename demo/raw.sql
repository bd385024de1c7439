-- The raw schema: five tables as they came, with the keys that hold in the data.
-- flights has no foreign key on tailnum and dest: 50,094 flights carry a tail number no plane has, and four airports
-- of Puerto Rico and the Virgin Islands (SJU, BQN, STT, PSE) are missing from airports.

create schema raw;

create table raw.airlines (
    carrier varchar primary key,
    name varchar not null unique
);

create table raw.airports (
    faa varchar primary key,
    name varchar not null,
    lat double not null,
    lon double not null,
    alt integer not null,
    tz integer not null,
    dst varchar not null check (dst in ('A', 'N', 'U')),
    tzone varchar
);

create table raw.planes (
    tailnum varchar primary key,
    year integer,
    type varchar not null,
    manufacturer varchar not null,
    model varchar not null,
    engines integer not null,
    seats integer not null,
    speed integer,
    engine varchar not null
);

create table raw.weather (
    origin varchar not null references raw.airports (faa),
    year integer not null,
    month integer not null,
    day integer not null,
    hour integer not null,
    temp double,
    dewp double,
    humid double,
    wind_dir integer,
    wind_speed double,
    wind_gust double,
    precip double not null,
    pressure double,
    visib double not null,
    time_hour timestamptz not null,
    primary key (origin, time_hour)
);

create table raw.flights (
    year integer not null,
    month integer not null,
    day integer not null,
    dep_time integer,
    sched_dep_time integer not null,
    dep_delay integer,
    arr_time integer,
    sched_arr_time integer not null,
    arr_delay integer,
    carrier varchar not null references raw.airlines (carrier),
    flight integer not null,
    tailnum varchar,
    origin varchar not null references raw.airports (faa),
    dest varchar not null,
    air_time integer,
    distance integer not null,
    hour integer not null,
    minute integer not null,
    time_hour timestamptz not null,
    primary key (carrier, flight, origin, time_hour)
);

comment on table raw.airlines is 'Airlines by their two-letter carrier code, as the Bureau of Transportation Statistics names them.';
comment on column raw.airlines.carrier is 'Two-letter IATA code of the airline.';
comment on column raw.airlines.name is 'Full name of the airline, legal form included.';

comment on table raw.airports is 'Airports of the United States with position and time zone. SJU, BQN, STT and PSE are missing although New York flies there.';
comment on column raw.airports.faa is 'Three-letter FAA code of the airport.';
comment on column raw.airports.name is 'Usual name of the airport; not unique.';
comment on column raw.airports.lat is 'Latitude in decimal degrees.';
comment on column raw.airports.lon is 'Longitude in decimal degrees; west is negative.';
comment on column raw.airports.alt is 'Altitude in feet.';
comment on column raw.airports.tz is 'Offset from UTC in hours, without daylight saving time.';
comment on column raw.airports.dst is 'Daylight saving time: A as in the United States, N none, U unknown.';
comment on column raw.airports.tzone is 'IANA name of the time zone; unknown for three airports.';

comment on table raw.planes is 'Aircraft registered with the FAA by tail number. American Airlines and Envoy Air report fleet numbers instead, so about one flight in six finds no plane here.';
comment on column raw.planes.tailnum is 'Tail number painted on the aircraft.';
comment on column raw.planes.year is 'Year of manufacture; unknown for 70 aircraft.';
comment on column raw.planes.type is 'Kind of aircraft: fixed wing with one or several engines, or rotorcraft.';
comment on column raw.planes.manufacturer is 'Manufacturer, spelled in more than one way (AIRBUS and AIRBUS INDUSTRIE).';
comment on column raw.planes.model is 'Model designation given by the manufacturer.';
comment on column raw.planes.engines is 'Number of engines.';
comment on column raw.planes.seats is 'Number of seats.';
comment on column raw.planes.speed is 'Average cruising speed in miles per hour; known for 23 aircraft only.';
comment on column raw.planes.engine is 'Kind of engine, such as Turbo-fan or Reciprocating.';

comment on table raw.weather is 'Hourly readings at the three New York airports. An hour that no station reported has no row; the last day of the year has none at all.';
comment on column raw.weather.origin is 'Weather station, named by the airport it stands at: EWR, JFK or LGA.';
comment on column raw.weather.year is 'Year of the reading, local time.';
comment on column raw.weather.month is 'Month of the reading, local time.';
comment on column raw.weather.day is 'Day of the reading, local time.';
comment on column raw.weather.hour is 'Hour of the reading, local time; 1 o''clock on 3 November comes twice.';
comment on column raw.weather.temp is 'Air temperature in degrees Fahrenheit.';
comment on column raw.weather.dewp is 'Dew point in degrees Fahrenheit.';
comment on column raw.weather.humid is 'Relative humidity in percent.';
comment on column raw.weather.wind_dir is 'Direction the wind comes from, in degrees.';
comment on column raw.weather.wind_speed is 'Wind speed in miles per hour. One reading (EWR, 12 February) says 1,048: a fault of the instrument.';
comment on column raw.weather.wind_gust is 'Speed of gusts in miles per hour; empty in calm hours.';
comment on column raw.weather.precip is 'Precipitation in inches.';
comment on column raw.weather.pressure is 'Sea level pressure in millibars; missing in one hour of ten.';
comment on column raw.weather.visib is 'Visibility in miles, at most 10.';
comment on column raw.weather.time_hour is 'Start of the hour as a moment in time; joins to flights.time_hour.';

comment on table raw.flights is 'Every flight that was scheduled to leave New York (EWR, JFK, LGA) in 2013. A cancelled flight keeps its row and has no departure.';
comment on column raw.flights.year is 'Year of departure, local time.';
comment on column raw.flights.month is 'Month of departure, local time.';
comment on column raw.flights.day is 'Day of departure, local time.';
comment on column raw.flights.dep_time is 'Actual departure as a clock reading HHMM, local time; empty when cancelled.';
comment on column raw.flights.sched_dep_time is 'Scheduled departure as a clock reading HHMM, local time.';
comment on column raw.flights.dep_delay is 'Departure delay in minutes; negative when the flight left early, empty when cancelled.';
comment on column raw.flights.arr_time is 'Actual arrival as a clock reading HHMM, local time of the destination.';
comment on column raw.flights.sched_arr_time is 'Scheduled arrival as a clock reading HHMM, local time of the destination.';
comment on column raw.flights.arr_delay is 'Arrival delay in minutes; negative when early, empty when cancelled or diverted.';
comment on column raw.flights.carrier is 'Two-letter code of the operating airline.';
comment on column raw.flights.flight is 'Flight number within the airline.';
comment on column raw.flights.tailnum is 'Tail number of the aircraft; fleet numbers for American Airlines and Envoy Air.';
comment on column raw.flights.origin is 'Airport of departure: EWR, JFK or LGA.';
comment on column raw.flights.dest is 'Airport of arrival by its FAA code.';
comment on column raw.flights.air_time is 'Minutes in the air; empty when cancelled or diverted.';
comment on column raw.flights.distance is 'Distance between the airports in miles.';
comment on column raw.flights.hour is 'Hour part of the scheduled departure.';
comment on column raw.flights.minute is 'Minute part of the scheduled departure.';
comment on column raw.flights.time_hour is 'Scheduled hour of departure as a moment in time; joins to weather.time_hour.';
