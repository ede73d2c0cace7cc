// Texts that stand beside each other as sentences, each with one full stop at its end, whoever wrote them.

/** A text that ends a sentence, and no second time where it does already. */
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
