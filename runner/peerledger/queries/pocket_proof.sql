-- The proof of one entry, as of one checkpoint or the newest, with the way from others that somebody has seen.
select private.pocket_proof(%(log)s, %(entry)s, %(at)s, %(sizes)s::bigint[]);
