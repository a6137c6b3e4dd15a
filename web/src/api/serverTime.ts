// The server's clock as this page knows it. A chart that ends now would show
// nothing where the clock of the browser is minutes ahead of what is measured.

/** Smaller differences are the way of the answer and the rounding of its header. */
const tolerance = 2000;

let ahead = 0;

/** Takes the Date header of an answer that has just come. */
export function noteServerDate(header: string | null, now = Date.now()): void {
  const time = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(time)) return;
  const difference = time - now;
  ahead = Math.abs(difference) > tolerance ? difference : 0;
}

/** The time on the server in milliseconds since 1970. */
export const serverNow = (now = Date.now()): number => now + ahead;
