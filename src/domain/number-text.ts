// Numbers as people and programs write them in addresses, forms, settings and options: digits, and nothing that only a
// programming language reads as a number (0x10, 1e3, +5, Infinity, an empty text).

/** A whole number of 0 or more; undefined for any other text. */
export function wholeIn(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

/** A number with or without a fraction, and a minus where it is less than 0; undefined for any other text. */
export function decimalIn(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined
}
