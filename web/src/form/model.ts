// A form made from the JSON Schema of a plugin's config.
import { durationText, parseDuration } from '~/format/time';

/** How a setting is asked for. */
export type Kind =
  | 'text'
  | 'number'
  | 'boolean'
  | 'enum'
  | 'duration'
  | 'secret'
  | 'words' // a list of texts
  | 'items' // a list of groups
  | 'map' // names and texts
  | 'entries' // names and groups
  | 'group'
  | 'json'; // what none of the others can hold

export interface Field {
  kind: Kind;
  key: string;
  title: string;
  help: string;
  required: boolean;
  /** The form's section; empty for the one that is always open. */
  section: string;
  standard: unknown;
  example: string;
  integer: boolean;
  min: number | undefined;
  max: number | undefined;
  pattern: string | undefined;
  choices: string[];
  /** Fields of a group, or of each item or entry. */
  fields: Field[];
}

/** A name for a section with the fields in it. */
export interface Section {
  name: string;
  fields: Field[];
}

type Schema = Record<string, unknown>;

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : '';
const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

/** The fields of a schema in the order it has them; none when it is no object. */
export function fieldsOf(schema: unknown): Field[] {
  if (!isObject(schema) || !isObject(schema['properties'])) return [];
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return Object.entries(schema['properties'])
    .filter((entry): entry is [string, Schema] => isObject(entry[1]))
    .map(([key, property]) => fieldOf(key, property, required.includes(key)));
}

function fieldOf(key: string, schema: Schema, required: boolean): Field {
  const kind = kindOf(schema);
  const inner = kind === 'words' && isObject(schema['items']) ? schema['items'] : schema;
  const examples = inner['examples'];
  const title = textOf(schema['title']) || key.replaceAll('_', ' ');
  return {
    kind,
    key,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    help: textOf(schema['description']),
    required,
    section: textOf(schema['x-group']),
    standard: kind === 'duration' ? writtenDuration(schema['default']) : schema['default'],
    example: Array.isArray(examples) ? textOf(examples[0]) : '',
    integer: schema['type'] === 'integer',
    min: numberOf(schema['minimum']),
    max: numberOf(schema['maximum']),
    pattern: typeof inner['pattern'] === 'string' ? inner['pattern'] : undefined,
    choices: Array.isArray(inner['enum']) ? inner['enum'].map(textOf) : [],
    fields:
      kind === 'group'
        ? fieldsOf(schema)
        : kind === 'items'
          ? fieldsOf(schema['items'])
          : kind === 'entries'
            ? fieldsOf(schema['additionalProperties'])
            : [],
  };
}

function kindOf(schema: Schema): Kind {
  if (schema['x-secret'] === true || schema['writeOnly'] === true) return 'secret';
  if (schema['x-type'] === 'duration') return 'duration';
  if (Array.isArray(schema['enum'])) return 'enum';
  switch (schema['type']) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'boolean';
    case 'integer':
    case 'number':
      return 'number';
    case 'array': {
      const items = schema['items'];
      if (!isObject(items)) return 'json';
      if (items['type'] === 'string') return 'words';
      return isObject(items['properties']) ? 'items' : 'json';
    }
    case 'object': {
      if (isObject(schema['properties'])) return 'group';
      const values = schema['additionalProperties'];
      if (!isObject(values)) return 'json';
      if (values['type'] === 'string') return 'map';
      return isObject(values['properties']) ? 'entries' : 'json';
    }
    default:
      return 'json';
  }
}

/** The fields by section: the open one first, "advanced" last, the others between. */
export function sectionsOf(fields: readonly Field[]): Section[] {
  const sections = new Map<string, Field[]>();
  for (const field of fields) {
    const list = sections.get(field.section) ?? [];
    list.push(field);
    sections.set(field.section, list);
  }
  const rank = (name: string) => (name === '' ? 0 : name === 'advanced' ? 2 : 1);
  return [...sections.entries()]
    .map(([name, list]) => ({ name, fields: list }))
    .sort((a, b) => rank(a.name) - rank(b.name));
}

/** What stands in place of a secret that is set. */
export const stars = '********';

/** The value a field begins with when nothing was given. */
export function emptyValue(field: Field): unknown {
  if (field.standard !== undefined) return structuredClone(field.standard);
  switch (field.kind) {
    case 'boolean':
      return false;
    case 'number':
      return undefined;
    case 'words':
    case 'items':
      return [];
    case 'map':
    case 'entries':
      return {};
    case 'group':
      return emptyConfig(field.fields);
    case 'json':
      return undefined;
    default:
      return '';
  }
}

/** Whether a field has to be looked at: it must be filled in, or holds something else than it begins with. */
export function isTelling(field: Field, value: unknown): boolean {
  if (field.required) return true;
  return value !== undefined && JSON.stringify(value) !== JSON.stringify(emptyValue(field));
}

/** A duration as a person would write it, where the server has "336h". */
function writtenDuration(value: unknown): unknown {
  const seconds = typeof value === 'string' ? parseDuration(value) : null;
  return seconds === null ? value : durationText(seconds);
}

/** A config with the value that each field begins with. */
export function emptyConfig(fields: readonly Field[]): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.key, emptyValue(field)]));
}

/** A config to edit: what is given, and what each field begins with for the rest. */
export function fillConfig(fields: readonly Field[], given: unknown): Record<string, unknown> {
  const config = isObject(given) ? given : {};
  const filled = fields.map((field): [string, unknown] => {
    const value = config[field.key];
    if (value === undefined || value === null) return [field.key, emptyValue(field)];
    if (field.kind === 'group') return [field.key, fillConfig(field.fields, value)];
    if (field.kind === 'items' && Array.isArray(value)) {
      return [field.key, value.map((item) => fillConfig(field.fields, item))];
    }
    if (field.kind === 'entries' && isObject(value)) {
      return [
        field.key,
        Object.fromEntries(Object.entries(value).map(([k, v]) => [k, fillConfig(field.fields, v)])),
      ];
    }
    return [field.key, field.kind === 'duration' ? writtenDuration(value) : structuredClone(value)];
  });
  return { ...structuredClone(config), ...Object.fromEntries(filled) };
}

/** The config to send: what was left empty is left out, so that it takes its default. */
export function cleanConfig(
  fields: readonly Field[],
  config: Record<string, unknown>,
): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const known = new Map(fields.map((field) => [field.key, field]));
  for (const [key, value] of Object.entries(config)) {
    const field = known.get(key);
    if (!field) {
      out[key] = value;
      continue;
    }
    const cleaned = cleanValue(field, value);
    if (cleaned !== undefined) out[key] = cleaned;
  }
  return out;
}

function cleanValue(field: Field, value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  switch (field.kind) {
    case 'group':
      return isObject(value) ? cleanConfig(field.fields, value) : undefined;
    case 'items':
      return Array.isArray(value)
        ? value.map((item) => (isObject(item) ? cleanConfig(field.fields, item) : item))
        : undefined;
    case 'entries':
      return isObject(value)
        ? Object.fromEntries(
            Object.entries(value).map(([k, v]) => [k, isObject(v) ? cleanConfig(field.fields, v) : v]),
          )
        : undefined;
    case 'words':
      return Array.isArray(value) ? value.filter((word) => word !== '') : undefined;
    case 'text':
    case 'enum':
    case 'duration':
    case 'secret':
      // An emptied text whose default is not empty is meant to be empty only where that has a meaning.
      return value === '' && (field.standard === undefined || field.kind !== 'text') ? undefined : value;
    default:
      return value;
  }
}

/** The path of a field as the server writes it: "headers.Accept", "mounts[2].path". */
export function pathOf(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`;
  return parent ? `${parent}.${key}` : key;
}
