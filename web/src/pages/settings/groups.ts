import type { Setting } from '~/api/system';
import { matches, sentenceCase } from '~/format/text';

/** Words that are written in capitals. */
const initials = /\b(api|cpu|dns|http|https|id|ip|oidc|tls|totp|url|wal)\b/gi;

/** Settings that belong together. */
export interface SettingGroup {
  /** The first part of their paths, where they have more than one. */
  id: string;
  settings: Setting[];
}

/** What is changed most often comes first. */
const order = ['storage', 'schedule', 'database', 'server', 'auth', 'cache', 'redis', 'log'];

/** The settings that suit what was typed, by the first part of their paths. */
export function grouped(settings: readonly Setting[], typed: string): SettingGroup[] {
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    if (!matches(typed, setting.path, nameOf(setting), setting.help, setting.variable)) continue;
    // What stands alone is about how Unity is reached and where it keeps things.
    const [id = '', ...below] = setting.path.split('.');
    const group = below.length > 0 ? id : 'server';
    groups.set(group, [...(groups.get(group) ?? []), setting]);
  }
  const place = (id: string) => (order.includes(id) ? order.indexOf(id) : order.length);
  return [...groups.entries()]
    .map(([id, all]) => ({ id, settings: all }))
    .sort((a, b) => place(a.id) - place(b.id) || a.id.localeCompare(b.id));
}

/** The name of a setting: what follows the first part of its path, as words. */
export function nameOf(setting: Setting): string {
  const [, ...rest] = setting.path.split('.');
  const plain = sentenceCase((rest.length > 0 ? rest : [setting.path]).join(' '));
  return plain.replaceAll(initials, (word) => word.toUpperCase());
}
