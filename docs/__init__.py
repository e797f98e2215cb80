"""The pages, and `docs.generate`, which writes what the database can say of itself; see `make docs`."""
