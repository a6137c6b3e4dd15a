/** The reader's language and region; tests run with a fixed one. */
export const locale: string =
  typeof navigator === 'undefined' || !navigator.language ? 'en-US' : navigator.language;

const numbers = new Map<string, Intl.NumberFormat>();

/** A number formatter for the options, made once. Four digits are read without a mark between them, here as everywhere. */
export function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let format = numbers.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, { useGrouping: 'min2', ...options });
    numbers.set(key, format);
  }
  return format;
}
