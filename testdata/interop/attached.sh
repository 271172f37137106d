#!/usr/bin/env bash
# Attaches two files under other names in duckdb's shell and asks each report and view of versions of
# both: see attached.py.
#   attached.sh DUCKDB TODAY YESTERDAY
set -euo pipefail
duckdb=$1 today=$2 yesterday=$3

# ask USE VIEWS: the answer of each view of the list, one line each. Both files are attached unless USE
# names one and ALONE is set.
ask() {
  local use=$1 view
  {
    echo ".bail off"
    [ "${alone:-}" = yesterday ] || echo "attach '$today' as today (read_only);"
    [ "${alone:-}" = today ] || echo "attach '$yesterday' as yesterday (read_only);"
    echo "use $use;"
    while read -r view; do
      echo "select '$view ' || count(*) || ' ' || coalesce(md5(string_agg(x, chr(10) order by x)), '') from (select to_json(v)::varchar as x from $view v);"
      echo "select '$view asked';"
    done
  } | TZ=UTC "$duckdb" -noheader -list 2>/dev/null
}

views=$(echo "attach '$today' as today (read_only); select schema_name || '.' || view_name from duckdb_views()
  where database_name = 'today' and schema_name in ('report', 'history', 'observed_history') and not internal order by 1;" | "$duckdb" -noheader -list)
for file in today yesterday; do
  of=$(sed "s/^/$file./" <<<"$views")
  want=$(alone=$file ask "$file" <<<"$of")
  for use in memory today yesterday; do
    got=$(ask "$use" <<<"$of")
    [ "$got" = "$want" ] || { echo "interop: duckdb's shell, $use in use, asked of $file:" >&2; diff <(echo "$want") <(echo "$got") >&2; exit 1; }
  done
  while read -r view; do
    count=$(grep -F "$view " <<<"$want" | grep -v ' asked$' | cut -d' ' -f2)
    echo "$view ${count:-error}"
  done <<<"$of"
done
echo "shell $("$duckdb" --version)" >&2
