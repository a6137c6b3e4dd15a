import { durationText, parseDuration } from '~/format/time';
import { text } from '~/messages';

/** What is asked of every source, whatever it watches; times as they are typed. */
export interface General {
  name: string;
  interval: string;
  timeout: string;
  tags: string;
}

export interface Times {
  interval_seconds: number;
  timeout_seconds: number;
}

/** General settings to edit. What equals the plugin's own is shown as empty. */
export function generalOf(
  given: (Partial<Times> & { name?: string; tags?: readonly string[] }) | undefined,
  standard: Times,
): General {
  const typed = (value: number | undefined, usual: number) =>
    value === undefined || value === 0 || value === usual ? '' : durationText(value);
  return {
    name: given?.name ?? '',
    interval: typed(given?.interval_seconds, standard.interval_seconds),
    timeout: typed(given?.timeout_seconds, standard.timeout_seconds),
    tags: (given?.tags ?? []).join(', '),
  };
}

/** General settings to send; 0 stands for the plugin's own. */
export function generalBody(general: General): Times & { name: string; tags: string[] } {
  return {
    name: general.name.trim(),
    interval_seconds: parseDuration(general.interval) ?? 0,
    timeout_seconds: parseDuration(general.timeout) ?? 0,
    tags: general.tags
      .split(',')
      .map((tag) => tag.trim())
      .filter(Boolean),
  };
}

/** What can be seen to be wrong, by the names that the server uses. */
export function checkGeneral(general: General): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const [path, typed] of [
    ['interval_seconds', general.interval],
    ['timeout_seconds', general.timeout],
  ] as const) {
    if (typed.trim() !== '' && parseDuration(typed) === null) faults[path] = text.form.badDuration;
  }
  return faults;
}
