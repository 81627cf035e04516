/**
 * Lower-cases A-Z and nothing else. Unlike toLowerCase it never turns another character into an
 * ASCII letter (U+212A KELVIN SIGN would become `k`), so foreign text cannot match a table name.
 */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
