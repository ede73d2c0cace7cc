// How long a text is, what an emoji is and what no text has, as people and providers see it: by characters of Unicode, not by the
// units in which JavaScript stores them.

/** An emoji has two units in memory, and is one character to a provider that counts UTF-8 text. */
export function charactersIn(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what it is for; line breaks and tabs are text
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

/** Whether a text has characters that nobody reads and not every database stores. */
export function hasControls(text: string): boolean {
  return text.search(controls) !== -1
}

export function withoutControls(text: string): string {
  return text.replace(controls, '')
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const pictured = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3/u

/** One picture as people see it, with its skin tone or as a family of several characters. */
export function isOneEmoji(text: string): boolean {
  const [first, ...more] = segmenter.segment(text)
  return first !== undefined && more.length === 0 && pictured.test(text)
}
