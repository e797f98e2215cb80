-- Which files of this kind are applied, and with which text?
select path, sha256
from private.sql_files
where kind = %(kind)s;
