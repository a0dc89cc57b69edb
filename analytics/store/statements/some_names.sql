-- One row: a run and a task of the store, to say what ids look like here.
SELECT (SELECT min(run_id) FROM lake.runs) AS run_id, (SELECT min(task) FROM lake.runs) AS task;
