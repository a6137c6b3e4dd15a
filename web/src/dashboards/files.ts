/** Gives a file to the reader's browser, which keeps it where it keeps downloads. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser takes it in its own time.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
}

/** A name as part of a file's name. */
export function fileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[-.]+|[-.]+$/g, '');
  return plain.slice(0, 80) || 'unity';
}

/** Puts a text into the clipboard, where the browser allows it; it does not on a plain http address. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
