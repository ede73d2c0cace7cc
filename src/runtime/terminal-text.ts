// Texts of unknown origin on their way to a terminal or into a log: nothing in them moves the cursor, begins a line of
// its own or reorders what stands beside it.

const lineEnds = /[\t\n\v\f\r\u0085\u2028\u2029]+/g
/** Control characters, those of C1 too (a terminal may take U+009B for ESC [), and characters that reorder text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: removing control characters is what it is for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g
/** The colours that we write ourselves: bold, dim, red, green, yellow and their ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a colour
const ownColours = /(\u001b\[(?:0|1|2|22|31|32|33|39)m)/

/** One line of plain text. */
export function plainLine(text: string): string {
  return text.replace(lineEnds, ' ').replace(unsafe, '')
}

/** One line of ours, with colours around texts that may come from anywhere. */
export function colouredLine(text: string): string {
  return text
    .split(ownColours)
    .map((part, index) => (index % 2 === 1 ? part : plainLine(part)))
    .join('')
}

/** What JSON leaves as it is and a terminal does not: written as \uXXXX it means the same. */
export function escapeInJson(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
