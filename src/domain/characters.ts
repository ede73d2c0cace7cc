// How long a text is and what an emoji is, as people and providers count: by characters of Unicode, not by the units in
// which JavaScript stores them.

/** An emoji has two units in memory, and is one character to a provider that counts UTF-8 text. */
export function charactersIn(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' })
const pictured = /\p{Extended_Pictographic}|\p{Regional_Indicator}{2}|[0-9#*]\ufe0f?\u20e3/u

/** One picture as people see it, with its skin tone or as a family of several characters. */
export function isOneEmoji(text: string): boolean {
  const [first, ...more] = segmenter.segment(text)
  return first !== undefined && more.length === 0 && pictured.test(text)
}
