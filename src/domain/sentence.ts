// Joins texts from several sources as sentences, each with exactly one full stop.

/** Adds a full stop unless the text already ends a sentence. */
export function ended(text: string): string {
  return text === '' || /[.!?…][”"')]?$/.test(text.trimEnd()) ? text.trimEnd() : `${text}.`
}

/** What is said one after the other; what is missing is left out. */
export function inSentences(...texts: readonly (string | null | undefined)[]): string {
  return texts
    .filter((text): text is string => text != null && text.trim() !== '')
    .map(ended)
    .join(' ')
}
