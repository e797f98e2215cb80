-- Is there the function that looks at what protects the logs?
select to_regprocedure('private.watch_logs()') is not null;
