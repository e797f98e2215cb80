-- What is wrong with the lines of a file, or different from the rows that are there.
select kind, line_number, column_name, reason
from pg_temp.load_findings
where table_name = %(table)s;
