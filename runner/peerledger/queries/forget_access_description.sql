-- Without a description of access the upkeep compares nothing.
delete from private.access_description;
