// The end of a text, cut off sign by sign: an expression such as /\s+$/ begins anew at every blank of the text, which takes
// the square of its length.

/** The text without what a form of one character (no flag g or y) fits at its end; surrogates count one by one. */
export function withoutEnd(text: string, form: RegExp): string {
  let end = text.length
  while (end > 0 && form.test(text[end - 1] ?? '')) end--
  return text.slice(0, end)
}
