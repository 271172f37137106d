// Attaches two files under other names and asks each report and view of versions of both: see attached.py.
import { DuckDBInstance, version } from '@duckdb/node-api';

const [today, yesterday] = process.argv.slice(2);
const files = { today, yesterday };

async function attach(names, use) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("set TimeZone = 'UTC'");
  for (const name of names) await connection.run(`attach '${files[name]}' as ${name} (read_only)`);
  await connection.run(`use ${use}`);
  return connection;
}

async function ask(connection, what) {
  try {
    const reader = await connection.runAndReadAll(`select to_json(x)::varchar from ${what} x order by 1`);
    return reader.getRows().map((row) => row[0]);
  } catch (e) {
    return [String(e.message).split('\n')[0]];
  }
}

const views = (await (await attach(['today'], 'today')).runAndReadAll(`select schema_name || '.' || view_name from duckdb_views()
    where database_name = 'today' and schema_name in ('report', 'history', 'observed_history') and not internal order by 1`)).getRows().map((row) => row[0]);
const alone = {};
for (const name of Object.keys(files)) {
  const connection = await attach([name], name);
  for (const view of views) alone[`${name}.${view}`] = await ask(connection, `${name}.${view}`);
}
for (const use of ['memory', 'today', 'yesterday']) {
  const connection = await attach(Object.keys(files), use);
  for (const [view, want] of Object.entries(alone)) {
    const got = await ask(connection, view);
    if (got.length !== want.length || got.some((line, i) => line !== want[i])) {
      console.error(`Node, ${use} in use: ${view} answers ${got.length} rows, want ${want.length}\n${got[0]}`);
      process.exit(1);
    }
  }
}
console.error('node duckdb', version(), views.length, 'views');
for (const [view, answer] of Object.entries(alone)) {
  console.log(view, answer.length === 1 && answer[0].includes('cannot tell') ? 'error' : answer.length);
}
