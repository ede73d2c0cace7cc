// What a person's words ask for: no more messages, perhaps no more messages, messages again, or something else.
// A text is read in its plain form; it is an opt-out when it consists of nothing but phrases that say so and politeness.
import { type LanguageWords, optOutWords } from './opt-out-words.ts'
import type { ReplyKind } from './reply.ts'

export const replyReadings = ['opt_out', 'probable_opt_out', 'opt_in', 'other'] as const
export type ReplyReading = (typeof replyReadings)[number]

/** Words of one installation besides the known ones. */
export interface OwnWords {
  /** Whole texts that are opt-outs. */
  words: readonly string[]
  /** Payloads of buttons that are opt-outs, whatever campaign they came with. */
  payloads: readonly string[]
}

export const noOwnWords: OwnWords = { words: [], payloads: [] }

/** Longer texts are no mere opt-outs; what is further behind is not looked at. */
const WHOLE_MAX = 200
const LOOKED_AT_MAX = 1_000
/** A single word within a longer text says little. */
const SHORT_TEXT_WORDS = 12

const sameLetters: Readonly<Record<string, string>> = {
  ł: 'l',
  ø: 'o',
  đ: 'd',
  æ: 'ae',
  œ: 'oe',
  ß: 'ss',
  ı: 'i',
  ς: 'σ',
  ٱ: 'ا',
  ى: 'ي',
  ی: 'ي',
  ک: 'ك',
  ة: 'ه',
  ہ: 'ه',
}

/**
 * A text without what people type differently: case, accents, vowel points, punctuation, emoji, invisible characters, letters
 * held down. Marks of Indian scripts and of Thai are vowels: they stay.
 */
export function plainText(text: string): string {
  return (
    text
      .slice(0, LOOKED_AT_MAX)
      .normalize('NFKD')
      .toLowerCase()
      .normalize('NFKD')
      .replace(/[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u065f\u0670]|\ufe0f|\u20e3/g, '')
      .normalize('NFC')
      .replace(/[łøđæœßıςٱىیکةہ]/g, (letter) => sameLetters[letter] ?? letter)
      // An apostrophe joins what it stands between: don't, s'il.
      .replace(/[\p{Cf}'’‘ʼ`´]/gu, '')
      .replace(/[\p{P}\p{S}\p{C}]/gu, ' ')
      .replace(/(\p{L})\1{2,}/gu, '$1')
      .replace(/\s+/g, ' ')
      .trim()
  )
}

/** Scripts that write words without spaces between them, or add endings to them. */
const joined = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Lao}\p{sc=Hang}ー]/u

/** What is compared instead of a text. */
type Form = (text: string) => string

/** Phrases in their plain form, or in another one. */
class Phrases {
  readonly #known: ReadonlySet<string>
  readonly #longest: number

  constructor(phrases: Iterable<string>, form: Form = plainText) {
    this.#known = new Set([...phrases].map(form).filter((phrase) => phrase !== ''))
    this.#longest = [...this.#known].reduce((longest, { length }) => Math.max(longest, length), 0)
  }

  /** Where the phrases end that begin at an edge; edges are the places where a word may begin or end. */
  endsAt(text: string, edges: readonly number[], index: number): number[] {
    const from = edges[index] ?? 0
    const ends: number[] = []
    for (let next = index + 1; next < edges.length; next++) {
      const end = edges[next] ?? 0
      if (end > from + this.#longest) break
      if (this.#known.has(text.slice(from, end))) ends.push(end)
    }
    return ends
  }
}

function edgesOf(text: string): number[] {
  return Array.from({ length: text.length + 1 }, (_, at) => at).filter((at) => isEdge(text, at))
}

/** Whether a word may begin or end at a place. */
function isEdge(text: string, at: number): boolean {
  const before = text.charAt(at - 1)
  const after = text.charAt(at)
  return before === '' || after === '' || before === ' ' || after === ' ' || joined.test(before) || joined.test(after)
}

const languages: readonly LanguageWords[] = Object.values(optOutWords)
const made = new Map<Form, Map<keyof LanguageWords, Phrases>>()

/** The known phrases of one kind, in all languages: made when they are needed first. */
function known(kind: keyof LanguageWords, form: Form = plainText): Phrases {
  const ofForm = made.get(form) ?? new Map<keyof LanguageWords, Phrases>()
  made.set(form, ofForm)
  const phrases =
    ofForm.get(kind) ??
    new Phrases(
      languages.flatMap((one) => expandAll(one[kind] ?? '')),
      form,
    )
  ofForm.set(kind, phrases)
  return phrases
}

function expandAll(phrases: string): string[] {
  return phrases.split(',').flatMap((phrase) => expand(phrase.trim()))
}

/** `stop [all] (it|them)` → stop it, stop all it, stop them, stop all them. */
function expand(pattern: string): string[] {
  const group = /\[([^\][]*)\]|\(([^()]*)\)/.exec(pattern)
  if (group === null) return [pattern]
  const choices = group[1] === undefined ? (group[2] ?? '').split('|') : ['', ...group[1].split('|')]
  const after = expand(pattern.slice(group.index + group[0].length))
  return choices.flatMap((choice) => after.map((rest) => pattern.slice(0, group.index) + choice + rest))
}

/**
 * What a person's message asks for, by its kind and what is written in it. Captions are texts like others; what a reaction, a
 * form, a place or a contact card says is no plain word to us: it is never certain, and asks for nothing again.
 */
export function readSent(kind: ReplyKind, text: string, own: OwnWords = noOwnWords): ReplyReading {
  const reading = readText(text, own)
  if (!unclear.includes(kind)) return reading
  return reading === 'opt_out' || reading === 'probable_opt_out' ? 'probable_opt_out' : 'other'
}

const unclear: readonly ReplyKind[] = ['reaction', 'form', 'location', 'contacts', 'other']

/** What a text that a person wrote asks for. */
export function readText(text: string, own: OwnWords = noOwnWords): ReplyReading {
  const plain = plainText(text)
  if (isStopSign(text)) return 'probable_opt_out'
  if (plain === '') return looksLikeStop(text, own) ? 'probable_opt_out' : 'other'
  const ownWords = new Phrases(own.words)
  if (plain.length <= WHOLE_MAX) {
    const isOptOut = isStop(plain, ownWords) || consistsOf(plain, [known('stop'), known('alone'), ownWords])
    if (isOptOut) return 'opt_out'
    if (consistsOf(plain, [known('start')])) return 'opt_in'
    if (consistsOf(plain, [known('stop'), known('alone'), known('perhaps'), ownWords])) return 'probable_opt_out'
    if (looksLikeStop(text, own)) return 'probable_opt_out'
  }
  return mentions(plain, [known('stop'), ownWords]) ? 'probable_opt_out' : 'other'
}

/** Nothing but signs that say no, as often as they like and with a "please". */
function isStopSign(text: string): boolean {
  const signs = text.replace(/[\s\p{P}\p{Cf}\p{M}\p{Emoji_Modifier}♀♂🙏]/gu, '')
  return signs.length <= WHOLE_MAX && /^[🛑⛔🚫✋🤚👎🙅🔕📵❌🖕]+$/u.test(signs)
}

/** Whether a text is an opt-out with letters apart ("S.T.O.P") or with letters that only look like its own ("ѕtop", "st0p"). */
function looksLikeStop(text: string, own: OwnWords): boolean {
  const look = lookOf(text)
  if (look.length > WHOLE_MAX || !/\p{L}/u.test(plainText(unframed(text)))) return false
  const ownWords = new Phrases(own.words, lookOf)
  const phrases = [known('stop', lookOf), known('alone', lookOf), known('perhaps', lookOf), ownWords]
  const around = [known('polite', lookOf)]
  return [look, withLettersJoined(look), look.replaceAll(' ', '')].some((one) => consistsOf(one, phrases, around))
}

/** Letters that are words of their own become one word with their neighbours of that kind. */
function withLettersJoined(text: string): string {
  let joined = ''
  let wasLetter = false
  for (const word of text.split(' ')) {
    const isLetter = /^\p{L}$/u.test(word)
    joined += joined === '' || (isLetter && wasLetter) ? word : ` ${word}`
    wasLetter = isLetter
  }
  return joined
}

/** A text with one letter for all that look alike, in whatever script or frame: only for comparing with other such texts. */
function lookOf(text: string): string {
  return plainText(unframed(text.slice(0, LOOKED_AT_MAX))).replace(/[^ ]/gu, (letter) => looks.get(letter) ?? letter)
}

/** Letters in frames and as parts of flags, which no normal form opens. */
function unframed(text: string): string {
  return text
    .replace(/[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu, (framed) => {
      const at = framed.codePointAt(0) ?? 0
      const first = at < 0x1f170 ? 0x1f150 : at < 0x1f1e6 ? 0x1f170 : 0x1f1e6
      return String.fromCharCode(97 + at - first)
    })
    .replaceAll('$', 's')
    .replaceAll('@', 'a')
}

/** A Latin letter, and what looks like it: Cyrillic, Greek, Armenian, Cherokee, small capitals, digits. */
const lookAlikes =
  'aаαᴀᎪ4 bвβʙᏴ cсᴄᏟϲ dԁᴅᎠ eеεᴇᎬ3 fꜰ gɡɢ hнηһʜᎻ iіιɪ1 jјᴊᎫ kкκᴋᏦ lӏʟᏞ mмᴍᎷ nոɴν oоοσօᴏ0 pрρᴘᏢ qԛ rʀᏒ sѕꜱՏտᏚ5 tтτᴛᎢ uսυᴜ vᴠᏙѵ wԝᴡᎳ xхχ yуүʏ zᴢᏃ'
const looks: ReadonlyMap<string, string> = new Map(
  lookAlikes.split(' ').flatMap(([latin = '', ...others]) => others.map((one) => [one.toLowerCase(), latin] as const)),
)

/** Whether a text says "stop" in words that are no answer to another question, and nothing else but what is to stop. */
function isStop(text: string, ownWords: Phrases): boolean {
  return consistsOf(text, [known('stop'), ownWords], [known('polite'), known('filler')])
}

/** Whether a text is made of these phrases, at least one of them, and of what may stand around them. */
function consistsOf(
  text: string,
  phrases: readonly Phrases[],
  around: readonly Phrases[] = [known('polite')],
): boolean {
  const edges = edgesOf(text)
  // By place: undefined for one that is not reached, true for one that is reached with such a phrase.
  const reached: (boolean | undefined)[] = [false]
  const reach = (end: number, says: boolean) => {
    const next = text.charAt(end) === ' ' ? end + 1 : end
    reached[next] = reached[next] === true || says
  }
  for (const [index, at] of edges.entries()) {
    const says = reached[at]
    if (says === undefined) continue
    for (const part of phrases) for (const end of part.endsAt(text, edges, index)) reach(end, true)
    for (const part of around) for (const end of part.endsAt(text, edges, index)) reach(end, says)
  }
  return reached[text.length] === true
}

/** Whether one of these phrases stands within a text: a word within few others, several words within any. */
function mentions(text: string, phrases: readonly Phrases[]): boolean {
  const isShort = text.split(' ').length <= SHORT_TEXT_WORDS
  const edges = edgesOf(text)
  return edges.some((at, index) =>
    phrases.some((part) => part.endsAt(text, edges, index).some((end) => isShort || text.slice(at, end).includes(' '))),
  )
}

/** A button or a row of a list that a person tapped. */
export interface Tap {
  title: string | null
  payload: string
  /** The campaign declared it as an opt-out. */
  isDeclared: boolean
}

/** Payloads that say by themselves what they are: `optout`, `opt-out:spring`. */
const optOutPayload = /^(?:opt[-_ ]?out|unsubscribe)(?:[:./_-].*)?$/is

/**
 * What a tap asks for. The payload decides, because the author of the button chose it. A button without its own payload
 * carries its label, as WhatsApp's own "Stop promotions" does: then the label decides, by the words that cannot be
 * the answer to another question. Any other label that says "stop" is for a person to settle.
 */
export function readTap({ title, payload, isDeclared }: Tap, own: OwnWords = noOwnWords): ReplyReading {
  if (isDeclared || optOutPayload.test(payload) || own.payloads.includes(payload)) return 'opt_out'
  const label = plainText(title ?? payload)
  const isOwnMeaning = title !== null && plainText(payload) !== label
  if (label.length > WHOLE_MAX || !isStop(label, new Phrases(own.words))) return 'other'
  return isOwnMeaning ? 'probable_opt_out' : 'opt_out'
}
