/** Stands for a text that may be a secret. */
export function hiddenText(text: string): string {
  return `(hidden, ${Buffer.byteLength(text)} bytes)`;
}
