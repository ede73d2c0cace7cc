-- What SQLite asks the program itself (store/sql-dialect.ts), said again for the server: domain/comparison.ts in SQL, and
-- one JSON object laid over another. A test holds them against the originals.
CREATE FUNCTION herald_trim(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  -- As String.prototype.trim of JavaScript.
  SELECT btrim(value, U&'\0009\000A\000B\000C\000D\0020\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\2028\2029\202F\205F\3000\FEFF')
$$;
--> statement-breakpoint
CREATE FUNCTION herald_number(value text) RETURNS double precision LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN herald_trim(value) ~ '^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$' THEN herald_trim(value)::double precision END
$$;
--> statement-breakpoint
-- Year, month, day, hour, minute, second, thousandths, minutes of the offset; null for what is no date.
CREATE FUNCTION herald_date(value text) RETURNS int[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  part text[] := regexp_match(
    herald_trim(value),
    '^([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?(?:Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?)?$',
    'i'
  );
  year int := part[1]::int;
  month int := part[2]::int;
  day int := part[3]::int;
  hour int := coalesce(part[4]::int, 0);
  minute int := coalesce(part[5]::int, 0);
  second int := coalesce(part[6]::int, 0);
  offset_hours int := coalesce(part[9]::int, 0);
  offset_minutes int := coalesce(part[10]::int, 0);
  is_leap boolean := year % 4 = 0 AND (year % 100 <> 0 OR year % 400 = 0);
BEGIN
  IF part IS NULL OR month NOT BETWEEN 1 AND 12 OR day < 1
    OR day > (ARRAY[31, CASE WHEN is_leap THEN 29 ELSE 28 END, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[month]
    OR hour > 23 OR minute > 59 OR second > 59 OR offset_hours > 14 OR offset_minutes > 59
  THEN
    RETURN NULL;
  END IF;
  RETURN ARRAY[
    year, month, day, hour, minute, second,
    left(rpad(coalesce(part[7], ''), 3, '0'), 3)::int,
    (CASE WHEN part[8] = '-' THEN -1 ELSE 1 END) * (offset_hours * 60 + offset_minutes)
  ];
END $$;
--> statement-breakpoint
CREATE FUNCTION herald_day(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT CASE WHEN herald_date(value) IS NOT NULL THEN left(herald_trim(value), 10) END
$$;
--> statement-breakpoint
CREATE FUNCTION herald_instant(value text) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  -- Days since 1970 by the calendar that began in March, whose leap day is the last of its year.
  SELECT ((((y * 365 + floor(y / 4.0) - floor(y / 100.0) + floor(y / 400.0) + (153 * m + 2) / 5 + d[3] - 1 - 719468) * 24
    + d[4]) * 60 + d[5] - d[8]) * 60 + d[6])::bigint * 1000 + d[7]
  FROM (
    SELECT d, CASE WHEN d[2] > 2 THEN d[1] ELSE d[1] - 1 END AS y, (d[2] + 9) % 12 AS m
    FROM (SELECT herald_date(value) AS d) one
  ) two
$$;
--> statement-breakpoint
-- The second object laid over the first; keys that are null in the second are removed.
CREATE FUNCTION herald_merge(first text, second text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT '{' || coalesce(string_agg(to_json(key)::text || ':' || value, ',' ORDER BY place), '') || '}'
  FROM (
    SELECT coalesce(s.key, f.key) AS key, coalesce(s.value::text, f.value::text) AS value,
      coalesce(f.place, 1000000 + s.place) AS place
    FROM json_each(first::json) WITH ORDINALITY f (key, value, place)
    FULL JOIN json_each(second::json) WITH ORDINALITY s (key, value, place) ON s.key = f.key
  ) both_objects
  WHERE value <> 'null'
$$;
--> statement-breakpoint
-- A text as JSON; null for one that is none.
CREATE FUNCTION herald_json(value text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED AS $$
BEGIN
  RETURN value::json;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
  RETURN NULL;
END $$;
--> statement-breakpoint
-- The texts of a list; none for what is no list.
CREATE FUNCTION herald_texts(list json) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT e.value FROM json_array_elements_text(CASE WHEN json_typeof(list) = 'array' THEN list ELSE '[]' END) e (value)
$$;
