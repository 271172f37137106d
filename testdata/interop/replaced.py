"""What one process sees of a file that another has replaced: the facts that README.md tells."""
import os
import subprocess
import sys
import tempfile

import duckdb

WRITE = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('create table t as select ' + sys.argv[2] + ' as n')"

with tempfile.TemporaryDirectory(dir=sys.argv[1]) as folder:
    path = os.path.join(os.path.abspath(folder), "access.duckdb")
    published = 0

    def publish():
        global published
        published += 1
        subprocess.run([sys.executable, "-c", WRITE, path + ".new", str(published)], check=True)
        os.rename(path + ".new", path)

    def ask(connection, table="t"):
        return connection.execute("select n from " + table).fetchone()[0]

    def expect(what, got, want):
        if got != want:
            sys.exit(f"DuckDB {duckdb.__version__}: {what}: file {got}, want {want}")

    publish()
    kept = duckdb.connect(path, read_only=True)
    expect("first", ask(kept), 1)
    publish()
    expect("a connection that is open", ask(kept), 1)
    expect("another one by the same path", ask(duckdb.connect(path, read_only=True)), 1)
    expect("its cursor", ask(kept.cursor()), 1)
    other = duckdb.connect()
    other.execute(f"attach '{path}' as access (read_only)")
    expect("attached in a connection of its own", ask(other, "access.t"), 2)
    publish()
    try:
        other.execute(f"attach or replace '{path}' as access (read_only)")
    except duckdb.ParserException:
        pass  # an older DuckDB, which does not know it
    expect("attach or replace", ask(other, "access.t"), 2)
    other.execute("detach access")
    other.execute(f"attach '{path}' as access (read_only)")
    expect("detach, then attach", ask(other, "access.t"), 3)
    os.link(path, path + ".link")
    expect("by another name", ask(duckdb.connect(path + ".link", read_only=True)), 3)
    expect("the connection that is still open", ask(kept), 1)
    kept.close()
    expect("by its path, after all those were closed", ask(duckdb.connect(path, read_only=True)), 3)
