/** The reader's language and region; tests run with a fixed one. */
export const locale: string =
  typeof navigator === 'undefined' || !navigator.language ? 'en-US' : navigator.language;

const numbers = new Map<string, Intl.NumberFormat>();

/** A number formatter for the options, made once. */
export function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let format = numbers.get(key);
  if (!format) {
    format = new Intl.NumberFormat(locale, options);
    numbers.set(key, format);
  }
  return format;
}
