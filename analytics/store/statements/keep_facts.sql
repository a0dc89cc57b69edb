-- The facts of few calls go into the store.
INSERT INTO lake.facts BY NAME FROM new_facts;
