/** A link that may be followed from a text that others wrote; null for any other. */
export function safeLink(href: string): string | null {
  try {
    const address = new URL(href);
    return address.protocol === 'https:' || address.protocol === 'http:' ? address.href : null;
  } catch {
    // Links into the repository lead nowhere in the browser.
    return null;
  }
}
