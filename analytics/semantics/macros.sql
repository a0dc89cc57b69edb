-- Casts that leave NULL where the text is not such a value.
CREATE OR REPLACE TEMP MACRO as_bigint(t) AS coalesce(TRY_CAST(t AS BIGINT), TRY_CAST(TRY_CAST(t AS DOUBLE) AS BIGINT));
CREATE OR REPLACE TEMP MACRO as_double(t) AS TRY_CAST(t AS DOUBLE);
CREATE OR REPLACE TEMP MACRO as_boolean(t) AS TRY_CAST(t AS BOOLEAN);
-- Whether every yes or no in a list is a yes; NULL where it holds none.
CREATE OR REPLACE TEMP MACRO all_true(texts) AS CASE list_bool_and(list_transform(
    texts, lambda t: CASE t WHEN 'true' THEN true WHEN 'false' THEN false END
)) WHEN true THEN 'true' WHEN false THEN 'false' END;
CREATE OR REPLACE TEMP MACRO filled(texts) AS CASE WHEN len(texts) > 0 THEN texts END;
