-- As the functions of sql/functions/access have them: names in full, and constants in one notation.
set local search_path = pg_catalog, pg_temp;
set local intervalstyle = 'postgres';
set local datestyle = 'ISO, YMD';
set local timezone = 'UTC';
-- Compiling the comparison takes seconds, running it milliseconds.
set local jit = off;
