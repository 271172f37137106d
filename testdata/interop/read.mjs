// Attaches a database file read-only and prints each query's rows as one line of JSON.
import { readFileSync } from 'node:fs';
import { DuckDBInstance, version } from '@duckdb/node-api';

const [database, queries] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run(`attach '${database}' as access (read_only)`);
await connection.run('use access');
console.error('node duckdb', version());
for (const query of JSON.parse(readFileSync(queries, 'utf8'))) {
  const reader = await connection.runAndReadAll(query);
  const rows = reader.getRows().map((row) => row.map((v) => (v === null ? null : String(v))));
  // The same form as Python's json.dumps.
  console.log('[' + rows.map((r) => '[' + r.map((v) => (v === null ? 'null' : JSON.stringify(v))).join(', ') + ']').join(', ') + ']');
}
