// Sentences of the program serve every face. Here they lose what only files and commands need, and what they name by a
// key of a definition gets the word that the pages have for it.
import { campaignPauseText } from '../engine/service/pause-words.ts'

/** What only a file or a command needs to know is in parentheses, with the key or the command in backticks. */
const aside = / \(([^()]*)\)/g

/** The kind of a run's warning, which its words say again. */
const warningKind = /^(?:missing_variable|was_past|late): /

/** The code of a warning, for programs. */
const warningCode = / \(campaign\.\w+\)$/

/** A sentence of the program in the words of the pages. */
export function inPageWords(text: string): string {
  return text
    .replace(aside, (whole, inside: string) => (inside.includes('`') ? '' : whole))
    .replace(warningCode, '')
    .replace(warningKind, '')
    .replace(/\bcontent\/([\w/]+)/g, (_, path = '') => placeInWords(path))
    .replace(/\bpaused \((\w+)\)/g, (_, reason = '') => pausedText(reason))
    .replace(/^(\w+) \(scope (\w+)\)/g, (_, reason = '', scope = '') => suppressionText(reason, scope))
}

function pausedText(reason: string): string {
  return reason === 'operator' ? 'paused by hand' : `paused by itself: ${campaignPauseText(reason)}`
}

function suppressionText(reason: string, scope: string): string {
  return `${reason.replaceAll('_', ' ')}, for ${scope === 'all' ? 'every message' : scope}`
}

const placeWords: Record<string, string> = {
  text: 'the text',
  body: 'the text',
  caption: 'the caption',
  footer: 'the footer',
  header: 'the header',
  filename: 'the file name',
  url: 'the address of the file',
  altText: 'the description of the picture',
  latitude: 'the latitude',
  longitude: 'the longitude',
  title: 'the title',
  description: 'the description',
  button: 'the button',
  value: 'the value',
  emoji: 'the emoji',
}

const listWords: Record<string, string> = {
  buttons: 'button',
  cards: 'card',
  sections: 'section',
  rows: 'row',
  contacts: 'contact card',
  images: 'picture',
  body: 'value',
  productIds: 'product',
}

/** A place in a content, from the whole to its part: `cards/0/body/1` is the second value of the first card. */
function placeInWords(path: string): string {
  const steps = path.split('/').filter((step) => step !== '')
  const words: string[] = []
  for (let at = 0; at < steps.length; at++) {
    const step = steps[at] ?? ''
    const index = steps[at + 1]
    if (index !== undefined && /^\d+$/.test(index)) {
      words.push(`${listWords[step] ?? step} ${Number(index) + 1}`)
      at++
    } else words.push(placeWords[step] ?? listWords[step] ?? step)
  }
  return words.length === 0 ? 'the content' : words.join(', ')
}
