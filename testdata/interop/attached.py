"""Attaches two files under other names and asks each report and view of versions of both.

attached.py TODAY YESTERDAY: whichever of the two is in use, each must answer what it answers when it
is attached alone. A macro answers for the file in use only, and refuses for the other. A DuckDB
before 1.4 looks for what a view names in the file in use, as for a macro: there it may refuse too.
Prints the number of rows of each answer, or its error.
"""
import sys

import duckdb

files = dict(zip(("today", "yesterday"), sys.argv[1:]))
binds_views = tuple(int(n) for n in duckdb.__version__.split(".")[:2]) >= (1, 4)
VIEWS = """select schema_name || '.' || view_name from duckdb_views()
    where database_name = 'today' and schema_name in ('report', 'history', 'observed_history') and not internal order by 1"""
MACROS = [prefix + macro for prefix in ("", "observed_")
          for macro in ("grants_as_of(now())", "accounts_as_of(now())", "identities_as_of(now())", "changes_between('2000-01-01', now())")]


def attach(names, use):
    connection = duckdb.connect()
    connection.execute("set TimeZone = 'UTC'")
    for name in names:
        connection.execute(f"attach '{files[name]}' as {name} (read_only)")
    connection.execute("use " + use)
    return connection


def ask(connection, what):
    try:
        return sorted(connection.execute(f"select to_json(x)::varchar from {what} x").fetchall())
    except duckdb.Error as e:
        return str(e).splitlines()[0]


def refused(answer):
    return isinstance(answer, str)


def fail(*what):
    sys.exit("DuckDB " + duckdb.__version__ + ": " + " ".join(str(w) for w in what))


views = [v for v, in attach(["today"], "today").execute(VIEWS).fetchall()]
alone = {}
for name in files:
    connection = attach([name], name)
    for what in views + MACROS:
        alone[name, what] = ask(connection, f"{name}.{what}")
for use in ("memory", "today", "yesterday"):
    connection = attach(files, use)
    for (name, what), want in alone.items():
        got = ask(connection, f"{name}.{what}")
        must = name == use or what in views and binds_views
        if got != want and (must or not refused(got)):
            fail(use, "in use:", name + "." + what, "answers", got if refused(got) else len(got), "want", want if refused(want) else len(want))
if sum(alone["today", view] != alone["yesterday", view] for view in views) < 10:
    fail("the two files answer too much alike for this to try anything")
print("python duckdb", duckdb.__version__, len(views), "views", file=sys.stderr)
for (name, what), answer in alone.items():
    if what in views:
        print(name + "." + what, "error" if refused(answer) else len(answer))
