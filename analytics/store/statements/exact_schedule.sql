-- An SQLite catalog keeps times as text. DuckLake writes them with a blank between date and time, and compares
-- them with times that have a T there: as they are, all files of one day count as equally old.
UPDATE __ducklake_metadata_lake.ducklake_files_scheduled_for_deletion
SET schedule_start = replace(schedule_start, ' ', 'T');
