drop table public.certifications;
