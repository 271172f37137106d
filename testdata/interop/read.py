"""Attaches a database file read-only and prints each query's rows as one line of JSON."""
import json
import sys

import duckdb

database, queries = sys.argv[1:]
connection = duckdb.connect()
connection.execute(f"attach '{database}' as access (read_only)")
connection.execute("use access")
print("python duckdb", duckdb.__version__, file=sys.stderr)
for query in json.load(open(queries)):
    rows = connection.execute(query).fetchall()
    print(json.dumps([[None if v is None else str(v) for v in row] for row in rows]))
