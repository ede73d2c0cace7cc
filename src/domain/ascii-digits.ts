// Digits of every script as 0 to 9: a phone is written in all of them.

/** Arabic-Indic, full-width and every other decimal digit of Unicode to 0–9. */
export function toAsciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    if (code < 0x80) return digit
    // The digits of a script stand in a row of ten: count back to its zero.
    let zero = code
    while (zero > 0 && code - zero < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero--
    return String((code - zero) % 10)
  })
}
