"""SQLAlchemy tables, the gate, dossiers and turns, encryption."""
