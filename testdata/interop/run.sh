#!/usr/bin/env bash
# Opens database files made by accessmart with clients that are not part of it, and
# sends the program's SailPoint requests through Prism, which checks them against
# SailPoint's OpenAPI files.
#   run.sh DATABASE SPEC SPEC_PER_SERVICE PRISM_PACKAGE
set -euo pipefail
database=$1 spec=$2 spec_per_service=$3 prism=$4
here=$(cd "$(dirname "$0")" && pwd)
work=.interop
mkdir -p "$work"

need() { command -v "$1" >/dev/null || { echo "interop: $1 is missing: $2" >&2; exit 1; }; }
need python3 "install Python 3.9 or newer with the venv module"
need node "install Node.js 20 or newer"
need npm "install npm"
for file in "$spec" "$spec_per_service"; do
  [ -f "$file" ] || {
    echo "interop: SailPoint's specification $file is missing." >&2
    echo "SailPoint publishes it at github.com/sailpoint-oss/api-specs, folder dereferenced:" >&2
    echo "deref-sailpoint-api.v2024.json and deref-sailpoint-api.yaml. Then:" >&2
    echo "  make interop SAILPOINT_SPEC=FILE SAILPOINT_SPEC_PER_SERVICE=FILE" >&2
    exit 1
  }
done
[ -f "$database" ] || { echo "interop: $database is missing: run make demo" >&2; exit 1; }

# The oldest DuckDB that users were promised, the one that wrote the file, a newer one.
for version in 1.1.3 1.5.5 2.0.0; do
  venv=$work/venv-$version
  [ -x "$venv/bin/python" ] || python3 -m venv "$venv" || { echo "interop: python3 -m venv does not work: install the venv and pip modules" >&2; exit 1; }
  "$venv/bin/python" -c "import duckdb; assert duckdb.__version__ == '$version'" 2>/dev/null ||
    "$venv/bin/pip" install --quiet --disable-pip-version-check "duckdb==$version"
  "$venv/bin/python" "$here/read.py" "$database" "$here/queries.json" >"$work/python-$version.json"
  "$venv/bin/python" "$here/replaced.py" "$work"
done

[ -d "$work/node/node_modules/@duckdb/node-api" ] || npm install --silent --no-fund --no-audit --prefix "$work/node" @duckdb/node-api@1.5.5-r.5
cp "$here/read.mjs" "$work/node/read.mjs"
node "$work/node/read.mjs" "$database" "$here/queries.json" >"$work/node.json"

queries=$(wc -l <"$work/node.json")
[ "$queries" -ge 12 ] || { echo "interop: only $queries queries answered" >&2; exit 1; }
for other in "$work"/python-*.json; do
  diff "$other" "$work/node.json" || { echo "interop: $other and Node disagree" >&2; exit 1; }
done
echo "interop: $queries queries, the same answers from Python (DuckDB 1.1.3, 1.5.5, 2.0.0) and Node"

# Today's and yesterday's file, attached at once under other names.
rm -rf "$work"/exports "$work"/today.duckdb* "$work"/yesterday.duckdb
for people in 150 170; do
  bin/accessmart simulate --files "$work/exports" --people "$people" 2>/dev/null
  bin/accessmart load "$work/exports" --database "$work/today.duckdb" --quiet >/dev/null 2>&1 || case $? in 8 | 9) ;; *) exit 1 ;; esac # some records are rejects, and lists of another company are held
  [ -e "$work/yesterday.duckdb" ] || cp "$work/today.duckdb" "$work/yesterday.duckdb"
  rm -r "$work/exports"
done
for version in 1.1.3 1.5.5 2.0.0; do
  "$work/venv-$version/bin/python" "$here/attached.py" "$work"/{today,yesterday}.duckdb >"$work/attached-$version.txt"
done
cp "$here/attached.mjs" "$work/node/attached.mjs"
node "$work/node/attached.mjs" "$work"/{today,yesterday}.duckdb >"$work/attached-node.txt"
shell=$work/venv-1.5.5/bin/duckdb
[ -x "$shell" ] || "$work/venv-1.5.5/bin/pip" install --quiet --disable-pip-version-check duckdb-cli==1.5.5
bash "$here/attached.sh" "$shell" "$work"/{today,yesterday}.duckdb >"$work/attached-shell.txt"
for other in 2.0.0 1.1.3 node shell; do
  diff "$work/attached-1.5.5.txt" "$work/attached-$other.txt" || { echo "interop: the answers of $other are others" >&2; exit 1; }
done
echo "interop: $(wc -l <"$work/attached-node.txt") reports and views of versions of two attached files answer from their own file, in Python, Node and the shell"

# Readers in Python, beside others, while the file is replaced.
go test -count=1 -tags duckdb_arrow -run TestPublish_underReaders -v ./cmd/accessmart -args -readers.python "$PWD/$work/venv-1.5.5/bin/python"

# Prism answers from the specification and refuses a request that breaks it.
pids=()
trap 'for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done' EXIT
npm install --silent --no-fund --no-audit --prefix "$work/prism" "$prism"
start_prism() { # SPEC PORT LOG
  "$work/prism/node_modules/.bin/prism" mock --host 127.0.0.1 --port "$2" "$1" >"$3" 2>&1 &
  pids+=($!)
  for _ in $(seq 1 120); do
    grep -q 'Prism is listening' "$3" && return 0
    kill -0 "${pids[-1]}" 2>/dev/null || break
    sleep 0.5
  done
  echo "interop: Prism did not start:" >&2; tail -5 "$3" >&2; exit 1
}
start_prism "$spec" 4210 "$work/prism-v2024.log"
start_prism "$spec_per_service" 4211 "$work/prism-v1.log"
PRISM_YEARLY=http://127.0.0.1:4210 PRISM_PER_SERVICE=http://127.0.0.1:4211 \
  go test -count=1 -tags duckdb_arrow,interop -run TestPrism -v ./extract/sailpoint

# What contracts read is in SailPoint's specification, and what is there is read or left out.
SAILPOINT_SPEC=$(realpath "$spec") SAILPOINT_SPEC_PER_SERVICE=$(realpath "$spec_per_service") \
  go test -count=1 -tags duckdb_arrow,interop -run TestSpecification -v ./extract/sailpoint
