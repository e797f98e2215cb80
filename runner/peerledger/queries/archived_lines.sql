-- Where the lines of a month of the archive go before they are entries again.
drop table if exists pg_temp.restored;
create temporary table restored (line text) on commit drop;
