// What mail programs do not support of letters, by caniemail.com's data: node caniemail.mjs FILE…
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';

const [judges, ...files] = process.argv.slice(2);
const entry = createRequire(`${judges}/`).resolve('caniemail');
const { caniemail } = await import(pathToFileURL(entry));
const found = {};
for (const file of files) {
  const html = readFileSync(file, 'utf8');
  const { issues } = caniemail({ clients: ['apple-mail.*', 'gmail.*', 'outlook.*'], html });
  for (const [client, errors] of issues.errors)
    found[client] = [...new Set([...(found[client] ?? []), ...errors.map((one) => one.title)])];
}
console.log(JSON.stringify(found));
