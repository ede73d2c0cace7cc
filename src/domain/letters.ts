// Which letters beside a to z the people of a country write their names with, and whether a word reads like one of theirs. It tells
// a text in the right encoding from one that was read in a wrong one: Ayþe is no name in Turkey, and Pawe³ in no country.

/** Letters of the languages of western Europe, of which people everywhere have some. */
const western = 'àáâãäåæçèéêëìíîïñòóôõöøùúûüÿœß'

/** Letters by language, with those of names that are common beside them. */
const languages = {
  german: 'äöüßéèàâêëôûîïçœæ',
  french: 'àâæçéèêëîïôœùûüÿáíóúñöä',
  dutch: 'éèêëïöüäáàíóúâçñ',
  spanish: 'áéíóúüñçàèòï',
  portuguese: 'áâãàçéêíóôõúüèñ',
  italian: 'àèéìíîòóùúçäöüß',
  english: western,
  danish: 'æøåéèêóòôäöüáëð',
  icelandic: 'áðéíóúýþæö',
  swedish: 'åäöéüáàèëæøšž',
  estonian: 'äöõüšž',
  latvian: 'āčēģīķļņōŗšūž',
  lithuanian: 'ąčęėįšųūž',
  polish: 'ąćęłńóśźż',
  czech: 'áčďéěíňóřšťúůýžöüäľ',
  slovak: 'áäčďéíĺľňóôŕšťúýžöüő',
  hungarian: 'áéíóöőúüűä',
  romanian: 'ăâîșțşţáéóöőü',
  croatian: 'čćđšž',
  albanian: 'çë',
  turkish: 'çğıöşüâîûiə',
  maltese: 'ċġħżàèìòù',
} as const

type Language = keyof typeof languages

const scripts = {
  Greek: /\p{Script=Greek}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Hebrew: /\p{Script=Hebrew}/u,
  Arabic: /\p{Script=Arabic}/u,
  Han: /\p{Script=Han}/u,
  Hiragana: /\p{Script=Hiragana}/u,
  Katakana: /[\p{Script=Katakana}\u30fc]/u,
  Hangul: /\p{Script=Hangul}/u,
  Thai: /\p{Script=Thai}/u,
} as const

type Script = keyof typeof scripts

const byCountry: [(Language | Script)[], string][] = [
  [['german'], 'DE AT LI'],
  [['german', 'french', 'italian'], 'CH LU'],
  [['french'], 'FR MC GP MQ GF RE YT PM WF PF NC SN CI ML BF NE TG BJ CM GA CG CD TD CF DJ KM MG HT MA DZ TN'],
  [['dutch', 'french', 'german'], 'BE'],
  [['dutch'], 'NL SR AW CW BQ SX'],
  [['spanish'], 'ES MX AR CO CL PE VE EC GT CU BO DO HN PY SV NI CR PA UY PR GQ'],
  [['portuguese'], 'PT BR AO MZ CV GW ST TL'],
  [['italian'], 'IT SM VA'],
  [['danish', 'swedish'], 'DK NO SJ GL'],
  [['danish', 'icelandic'], 'FO'],
  [['icelandic'], 'IS'],
  [['swedish'], 'SE FI AX'],
  [['estonian'], 'EE'],
  [['latvian'], 'LV'],
  [['lithuanian'], 'LT'],
  [['polish'], 'PL'],
  [['czech', 'slovak'], 'CZ'],
  [['slovak', 'czech', 'hungarian'], 'SK'],
  [['hungarian'], 'HU'],
  [['romanian'], 'RO MD'],
  [['croatian'], 'HR SI'],
  [['croatian', 'Cyrillic'], 'BA ME RS MK'],
  [['albanian'], 'AL XK'],
  [['turkish'], 'TR AZ'],
  [['maltese'], 'MT'],
  [['Greek'], 'GR CY'],
  [['Cyrillic'], 'BG RU UA BY KZ KG TJ MN'],
  [['Hebrew'], 'IL'],
  [['Arabic'], 'PS JO LB SY IQ IR SA AE QA KW BH OM YE EG LY SD'],
  [['Han'], 'CN TW HK MO'],
  [['Han', 'Hiragana', 'Katakana'], 'JP'],
  [['Hangul', 'Han'], 'KR'],
  [['Thai'], 'TH'],
  [[], 'AM GE LA KH MM'],
]

const writingByCountry = new Map(
  byCountry.flatMap(([names, countries]) => countries.split(' ').map((country) => [country, names] as const)),
)

/** What the people of some countries write their names with. */
export interface Alphabet {
  /** Letters beside a to z, in lower case. */
  letters: ReadonlySet<string>
  scripts: readonly RegExp[]
  /** Whether every country is in the table; letters of western Europe stand for those that are not, and for none. */
  isKnown: boolean
}

export function alphabetOf(countries: readonly string[]): Alphabet {
  const known = countries.flatMap((country) => writingByCountry.get(country) ?? [])
  const isKnown = countries.length > 0 && countries.every((country) => writingByCountry.has(country))
  const letters = known.map((name) => (name in languages ? languages[name as Language] : ''))
  return {
    letters: new Set([...letters, isKnown ? '' : western].join('')),
    scripts: known.flatMap((name) => (name in scripts ? [scripts[name as Script]] : [])),
    isKnown,
  }
}

/** Latin letters of few languages; anywhere else they are a sign of a wrong encoding, however rare they are in the text. */
const rare = new Set('ðþýšžÿœƒ')

export type WordDoubt =
  /** A sign where only letters are, or a letter that is rare everywhere else. */
  | 'wrong'
  /** A letter that these people do not use; a person from elsewhere may. */
  | 'foreign'

const letter = /[\p{Ll}\p{Lu}\p{Lt}\p{Lo}\p{M}\u30fc]/u
const latin = /\p{Script=Latin}/u

/** What is odd about a word, letter by letter; undefined for a word that can be a name. */
export function doubtOfWord(word: string, alphabet: Alphabet): WordDoubt | undefined {
  let doubt: WordDoubt | undefined
  const chars = [...word]
  const isMixed = /[a-z]/i.test(word)
  for (const [index, char] of chars.entries()) {
    if (char < '\u0080') continue
    const found = letter.test(char)
      ? (doubtOfLetter(char, alphabet, isMixed) ?? doubtOfCase(char, chars[index - 1]))
      : doubtOfSign(chars, index, alphabet)
    if (found === 'wrong') return found
    doubt ??= found
  }
  return doubt
}

function doubtOfLetter(char: string, { letters, scripts: known }: Alphabet, isMixed: boolean): WordDoubt | undefined {
  if (char === 'ª' || char === 'º') return undefined
  const lower = char.toLowerCase()
  if (letters.has(lower) || letters.has(char)) return undefined
  if (latin.test(char)) return rare.has(lower) ? 'wrong' : 'foreign'
  // No name mixes letters of two scripts.
  if (isMixed && !/\p{M}/u.test(char)) return 'wrong'
  return known.some((script) => script.test(char)) ? undefined : 'foreign'
}

/** A capital letter behind a small one: Russian in the wrong one of its two encodings looks so. */
function doubtOfCase(char: string, before: string | undefined): WordDoubt | undefined {
  return isLower(before) && char !== char.toLowerCase() ? 'foreign' : undefined
}

interface Beside {
  before: string
  after: string
  letters: ReadonlySet<string>
}

/** Where signs stand in texts that are right; every other sign beside a letter is wrong. */
const rightPlaces: [string, (beside: Beside) => boolean][] = [
  // Written for an apostrophe or an accent, or within Catalan words: they prove nothing.
  ['´`¨·\u00ad', () => true],
  ['’', ({ before, after }) => isApostrophe(before, after)],
  ['“”‘«»‹›', ({ before, after }) => before === '' || after === ''],
  ['„‚', ({ before }) => before === ''],
  ['®™©', ({ after }) => after === ''],
  // m², N°
  ['²³°', ({ before, after }) => before.length <= 2 && after === ''],
  // Between two words; a space that does not break.
  ['–—…•\u00a0', ({ before, after }) => !(isLower(before.at(-1)) && isLower(after[0]))],
  ['€§µ', ({ before, after }) => before === '' && !isLower(after[0])],
  ['¿¡', ({ before, letters }) => before === '' && letters.has('ñ')],
]

function doubtOfSign(chars: readonly string[], index: number, { letters }: Alphabet): WordDoubt | undefined {
  const sign = chars[index] ?? ''
  const before = lettersBefore(chars, index)
  const after = lettersAfter(chars, index)
  const isRight = rightPlaces.find(([signs]) => signs.includes(sign))?.[1]
  // Alone, a sign may be anything; several in a row that nobody writes are a word of another encoding.
  if (before === '' && after === '') return chars.length > 1 && isRight === undefined ? 'wrong' : undefined
  return isRight?.({ before, after, letters }) ? undefined : 'wrong'
}

/** O’Brien, d’Arc, dell’Orto, Ann’s, isn’t: few letters before it, or an ending behind it. */
function isApostrophe(before: string, after: string): boolean {
  return before.length <= 2 || after === '' || /^(?:s|t|d|m|re|ll|ve)$/i.test(after) || /(?:ll|nt|un)$/i.test(before)
}

function lettersBefore(chars: readonly string[], index: number): string {
  let text = ''
  for (let i = index - 1; i >= 0 && letter.test(chars[i] ?? ''); i--) text = chars[i] + text
  return text
}

function lettersAfter(chars: readonly string[], index: number): string {
  let text = ''
  for (let i = index + 1; i < chars.length && letter.test(chars[i] ?? ''); i++) text += chars[i]
  return text
}

function isLower(char: string | undefined): boolean {
  return char !== undefined && char !== char.toUpperCase()
}
