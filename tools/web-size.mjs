// Prints how much JavaScript the built interface has, packed by gzip, and ends
// with 1 when it is more than was promised: all of it, and what the first view
// needs before it is there.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const most = { all: 450, first: 180 }; // KB
const dist = fileURLToPath(new URL('../web/dist/', import.meta.url));

const text = (file) => readFileSync(join(dist, file), 'utf8');
const packed = (file) => gzipSync(readFileSync(join(dist, file))).length;
const sum = (files) => [...files].reduce((bytes, file) => bytes + packed(file), 0) / 1024;

/** The files that a file cannot do without. */
function imports(file) {
  const found = text(file).matchAll(/(?:^|[;}\s])(?:import|export)(?:[^'"();]*?from)?\s*["'](\.{1,2}\/[^"']+\.js)["']/g);
  return [...found].map(([, name]) => join(dirname(file), name));
}

function closure(files) {
  const known = new Set();
  const left = [...files];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (known.has(file)) continue;
    known.add(file);
    left.push(...imports(file));
  }
  return known;
}

const all = readdirSync(dist, { recursive: true }).filter((file) => file.endsWith('.js'));
const named = [...text('index.html').matchAll(/["'(]\/([\w./-]+\.js)["')]/g)].map(([, file]) => file);
const entry = named.find((file) => file.includes('/entry/app.'));
const page = entry && /"\/":\[(\d+)/.exec(text(entry))?.[1];
const node = all.find((file) => file.includes(`/nodes/${page}.`));
if (!node) throw new Error('the page of the address / was not found in the build');
const first = closure([...named.filter((file) => file !== 'service-worker.js'), node]);

const sizes = { all: sum(all), first: sum(first) };
console.log(`JavaScript, packed: ${sizes.all.toFixed(1)} KB in all (at most ${most.all}), ${sizes.first.toFixed(1)} KB for the first view (at most ${most.first})`);
if (sizes.all > most.all || sizes.first > most.first) {
  const largest = [...(sizes.first > most.first ? first : all)].map((file) => [packed(file) / 1024, file]).sort(([a], [b]) => b - a);
  for (const [size, file] of largest.slice(0, 10)) console.log(`${size.toFixed(1).padStart(8)} KB ${file}`);
  process.exit(1);
}
