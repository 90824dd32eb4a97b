"""What Flinks Connect says: every event and code as data, and reading contract events. Pure."""
