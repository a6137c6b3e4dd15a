// Fills in the form of a plugin with a config, as a person does.

const at = (id) => `[id="${id}"]`;

/** Fills in what a config says; `schema` is the plugin's. */
export async function fill(page, schema, config) {
  const folded = page.locator('form .fold[aria-expanded="false"]');
  while ((await folded.count()) > 0) await folded.first().click();
  await fillGroup(page, schema, config, '');
}

async function fillGroup(page, schema, config, parent) {
  for (const [key, value] of Object.entries(config)) {
    const field = schema.properties[key];
    if (!field) throw new Error(`the form has no field ${parent}${key}`);
    await fillField(page, field, value, parent ? `${parent}.${key}` : key);
  }
}

async function fillField(page, field, value, path) {
  const control = page.locator(at(`field-${path}`));
  if (Array.isArray(value)) return fillList(page, field, value, path);
  if (field.enum) return control.selectOption(String(value));
  switch (typeof value) {
    case 'boolean':
      if ((await control.getAttribute('aria-checked')) !== String(value)) await control.click();
      return;
    case 'object':
      if (field.properties) return fillGroup(page, field, value, path);
      return fillPairs(page, field, value, path);
    default:
      await control.fill(String(value));
  }
}

/** The row with a label for the field. */
const rowOf = (page, path) => page.locator('.row', { has: page.locator(`> .label > label[for="field-${path}"]`) });

async function fillList(page, field, values, path) {
  const list = rowOf(page, path).locator('> .control > .list');
  const items = list.locator('> :not(.add, datalist)');
  while ((await items.count()) > 0) await items.first().getByRole('button', { name: 'Remove' }).first().click();
  for (const [n, value] of values.entries()) {
    await list.locator('> .add').click();
    if (typeof value === 'string') await items.nth(n).locator('input').fill(value);
    else await fillGroup(page, field.items, value, `${path}[${n}]`);
  }
}

async function fillPairs(page, field, values, path) {
  const list = rowOf(page, path).locator('> .control > .list');
  const items = list.locator('> :not(.add)');
  while ((await items.count()) > 0) await items.first().getByRole('button', { name: 'Remove' }).first().click();
  for (const [n, [key, value]] of Object.entries(values).entries()) {
    await list.locator('> .add').click();
    const name = items.nth(n).locator('input').first();
    await name.fill(key);
    await name.blur();
    if (typeof value === 'object') await fillGroup(page, field.additionalProperties, value, `${path}.${key}`);
    else await items.nth(n).locator('input').nth(1).fill(String(value));
  }
}

/** What a person could mistype: a password first, then the first text that says where. */
export function mistakes(schema, config) {
  const found = [];
  const look = (inner, value, path) => {
    for (const [key, field] of Object.entries(inner.properties ?? {})) {
      const given = value?.[key];
      if (given === undefined || given === '' || given === 0) continue;
      const here = [...path, key];
      if (field['x-secret']) found.push({ rank: 0, path: here, wrong: 'not-the-right-one' });
      else if (field.enum) continue;
      else if (field.items?.properties) given.forEach((each, n) => look(field.items, each, [...here, n]));
      else if (field.properties) look(field, given, here);
      else if (Array.isArray(given) && typeof given[0] === 'string') found.push({ rank: 2, path: here, wrong: given.map(elsewhere) });
      else if (typeof given === 'string') found.push({ rank: /url|host|target|location|path|address/.test(key) ? 1 : 3, path: here, wrong: elsewhere(given) });
      else if (key === 'port') found.push({ rank: 1, path: here, wrong: 9 });
    }
  };
  look(schema, config, []);
  return found.sort((a, b) => a.rank - b.rank);
}

/** Where nothing is: a port that nobody listens on, or a file that is not there. */
function elsewhere(given) {
  if (/:\d+(\/|$)/.test(given)) return given.replace(/:\d+(?=\/|$)/, ':9');
  return given.startsWith('/') ? `${given}-elsewhere` : 'nowhere.invalid';
}

/** A config with another value at a path. */
export function changed(config, path, value) {
  const copy = structuredClone(config);
  let node = copy;
  for (const key of path.slice(0, -1)) node = node[key];
  node[path.at(-1)] = value;
  return copy;
}
