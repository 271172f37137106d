"""Asks a database file the same question again and again, while it is replaced, until stdin closes.

reader.py WAY DATABASE PUBLISHED QUERY prints a line of JSON for each answer: how it was got, the
number that the file PUBLISHED held before, and the answer. WAY is how the file is opened anew:

  process  once, for a process of its own
  connect  by its path; closed after each question
  attach   in a connection of its own, while another connection keeps the first file open
  detach   in one connection, which lets go of the file after each question
"""
import json
import sys
import threading

import duckdb

way, database, published, query = sys.argv[1:]
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()


def floor():
    with open(published) as f:
        return int(f.read())


def tell(kept, at_least, connection):
    answer = connection.execute(query).fetchone()[0]
    print(json.dumps({"kept": kept, "floor": at_least, "answer": answer}), flush=True)


def attach(connection):
    connection.execute("ATTACH '" + database.replace("'", "''") + "' AS access (READ_ONLY)")
    connection.execute("USE access")


kept = duckdb.connect(database, read_only=True) if way == "attach" else None
only = duckdb.connect() if way == "detach" else None
while True:
    if way in ("process", "connect"):
        at_least = floor()
        with duckdb.connect(database, read_only=True) as connection:
            tell(False, at_least, connection)
    elif way == "attach":
        tell(True, 0, kept)
        at_least = floor()
        with duckdb.connect() as connection:
            attach(connection)
            tell(False, at_least, connection)
    else:
        at_least = floor()
        attach(only)
        tell(False, at_least, only)
        only.execute("USE memory")
        only.execute("DETACH access")
    if way == "process" or stop.is_set():
        break
