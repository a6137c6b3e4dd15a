import { settingsTexts } from '~/settingsTexts';

const words = settingsTexts.system;

/** How long something is kept, in the largest unit that says it well: "30 days", "5 years". */
export function keepText(seconds: number): string {
  const days = Math.round(seconds / 86400);
  if (days >= 730 && days % 365 === 0) return words.years(days / 365);
  return words.days(Math.max(1, days));
}

/** Widths of bars in percent for lengths that differ by powers of ten. */
export function keepWidth(seconds: number, longest: number): number {
  if (seconds <= 0 || longest <= 0) return 0;
  const scale = (each: number) => Math.log10(1 + each / 86400);
  return Math.round((scale(seconds) / scale(longest)) * 100);
}
