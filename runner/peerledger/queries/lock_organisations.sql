-- Nobody begins to use the database while it is being filled.
lock table public.organisations in exclusive mode;
