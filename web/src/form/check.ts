import { parseDuration } from '~/format/time';
import { text } from '~/messages';
import { pathOf, type Field } from './model';

/** What is wrong with which field, by its path. */
export type Faults = Readonly<Record<string, string>>;

/**
 * Finds what can be seen to be wrong without asking the server, which has the
 * last word.
 */
export function checkConfig(fields: readonly Field[], config: unknown, parent = ''): Record<string, string> {
  const faults: Record<string, string> = {};
  const values = (typeof config === 'object' && config !== null ? config : {}) as Record<string, unknown>;
  for (const field of fields) {
    const path = pathOf(parent, field.key);
    const value = values[field.key];
    const said = checkValue(field, value);
    if (said) faults[path] = said;
    if (field.kind === 'group') Object.assign(faults, checkConfig(field.fields, value, path));
    if (field.kind === 'items' && Array.isArray(value)) {
      value.forEach((item, n) => Object.assign(faults, checkConfig(field.fields, item, pathOf(path, n))));
    }
    if (field.kind === 'entries' && typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        Object.assign(faults, checkConfig(field.fields, item, pathOf(path, key)));
      }
    }
  }
  return faults;
}

function checkValue(field: Field, value: unknown): string | null {
  const empty =
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
  if (empty) return field.required ? text.form.required : null;
  switch (field.kind) {
    case 'number':
      if (typeof value !== 'number' || !Number.isFinite(value)) return text.form.badNumber;
      if (field.min !== undefined && value < field.min) return text.form.atLeast(String(field.min));
      if (field.max !== undefined && value > field.max) return text.form.atMost(String(field.max));
      return null;
    case 'duration':
      return typeof value === 'string' && parseDuration(value) !== null ? null : text.form.badDuration;
    case 'text':
      return typeof value === 'string' && !fits(field.pattern, value) ? text.form.pattern : null;
    case 'words':
      return Array.isArray(value) && value.some((word) => !fits(field.pattern, String(word)))
        ? text.form.pattern
        : null;
    default:
      return null;
  }
}

function fits(pattern: string | undefined, value: string): boolean {
  if (!pattern) return true;
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    // A pattern that this browser does not know is left to the server.
    return true;
  }
}

/** The faults that the server named, by the paths of the form; the rest is about the whole. */
export function serverFaults(fields: readonly { path: string; message: string }[]): {
  config: Record<string, string>;
  general: Record<string, string>;
} {
  const config: Record<string, string> = {};
  const general: Record<string, string> = {};
  for (const { path, message } of fields) {
    const said = message.charAt(0).toUpperCase() + message.slice(1);
    const ended = /[.!?]$/.test(said) ? said : `${said}.`;
    const inner = /^(?:body\.)?config(?:\.|$)(.*)$/.exec(path);
    if (inner) config[inner[1] ?? ''] = ended;
    else general[path.replace(/^body\./, '')] = ended;
  }
  return { config, general };
}

/** Whether one of the faults is at or below a path. */
export function anyBelow(faults: Faults, path: string): boolean {
  return Object.keys(faults).some(
    (key) => key === path || key.startsWith(`${path}.`) || key.startsWith(`${path}[`),
  );
}
