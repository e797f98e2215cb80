-- Has the server this database?
select exists (select from pg_catalog.pg_database where datname = %(name)s);
