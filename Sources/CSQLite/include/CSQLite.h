// SQLite, and the two of its functions with variable arguments that we need: Swift cannot call them.
#ifndef TACHO_CSQLITE_H
#define TACHO_CSQLITE_H

#include <sqlite3.h>

/// Says of a virtual table, while it is being connected, that reading it can do no harm.
int tacho_sqlite_set_innocuous(sqlite3 *database);

/// Switches one of the options of a connection that are on or off (SQLITE_DBCONFIG_…).
int tacho_sqlite_set_option(sqlite3 *database, int option, int isOn);

#endif
