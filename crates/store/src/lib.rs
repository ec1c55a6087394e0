//! One SQLite file: one writer thread with group commit, readers, migrations.
