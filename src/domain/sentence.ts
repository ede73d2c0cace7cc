// Texts from several sources as sentences, each with exactly one full stop, and whom they speak to.

/** A command, or an option of one: of use only to people who have a terminal. */
const command = /\bherald [a-z]+|(?:^|[\s(`])--[a-z]/

/** The sentences of a text that name no command; undefined where none is left. */
export function withoutCommands(text: string | undefined): string | undefined {
  if (text === undefined || !command.test(text)) return text
  const kept = inSentences(...text.split('. ').filter((sentence) => !command.test(sentence)))
  return kept === '' ? undefined : kept
}

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
