// Sentences of the program name parts of a definition by their keys, for files and the API. Here they become the words
// that the pages have for the same parts.
import { fieldLabels } from './field-labels.ts'
import { pauseText } from './words.ts'

/** Keys and options of commands, with what a page says instead; the longer ones first. */
const wordsOfKeys: readonly (readonly [RegExp, string | ((...groups: string[]) => string)])[] = [
  [/\bcontent\/([\w/]+)/g, (_, path = '') => placeInWords(path)],
  [/,? or set missingVariable: skip(?: to leave these people out)?/g, ', or leave these people out'],
  [/^(?:missing_variable|was_past|late): /g, ''],
  [
    /frequencyCap: respect is for marketing, useCase is (\w+)/g,
    (_, useCase = '') => `frequency caps are for marketing, and this is ${useCase}`,
  ],
  [/Leave frequencyCap out/g, 'Choose “the installation decides”'],
  [/needs either images or one url or mediaId/g, 'needs either several images or one'],
  [/needs either url or mediaId/g, 'needs the address of a file or its id at the provider, and not both'],
  [/needs either productId or sections/g, 'needs either one product or sections of several'],
  [/needs header and body when it shows sections/g, 'needs a header and a text when it shows sections'],
  [/ \((?:replyTo|trackLinks)\)/g, ''],
  [/fits none of its forms \((.*)\)$/g, (_, inner = '') => inner],
  [/has the (?:row )?id ("[^"]*") twice/g, (_, title = '') => `says ${title} twice: each needs words of its own`],
  [/schedule has every but no from/g, 'an interval needs its first time'],
  [/Name the first time: from: \S+/g, `Fill in “${fieldLabels['/schedule/from']}”.`],
  [/\bevery ("[^"]*") is no interval/g, (_, text = '') => `${text} is no interval`],
  [/"" is no date/g, 'the time is missing'],
  [/, but timeZone is recipient/g, ', but it goes by each recipient’s own clock'],
  [/\b(?:fallbackTimeZone|timeZone) "/g, 'the time zone "'],
  [/Use an IANA name such as/g, 'Write it as'],
  [/Move `until` to a later time/g, 'Choose a later end'],
  [/, or name whole days with allDay/g, ''],
  [/\bratePerSecond (\S+) is not/g, (_, rate = '') => `${rate} is not`],
  [
    /\bpaused \((\w+)\)/g,
    (_, reason = '') => (reason === 'operator' ? 'paused by hand' : `paused by itself: ${pauseText(reason)}`),
  ],
  [
    /^(\w+) \(scope (\w+)\)/g,
    (_, reason = '', scope = '') => `${reason.replaceAll('_', ' ')}, for ${scope === 'all' ? 'every message' : scope}`,
  ],
  [/does not say groups: true/g, 'does not write to groups'],
  [/the schedule has no occurrence left/g, 'the schedule has no time left'],
  [/is too small or too short, at least 1$/g, 'is missing'],
  [
    /;? ?(?:ask the provider for it|If it is new|or if that has changed|or if it was changed): herald templates sync "[^"]*"/gi,
    '',
  ],
]

/** A sentence of the program in the words of the pages. */
export function inPageWords(text: string): string {
  return wordsOfKeys.reduce(
    (said, [key, words]) => (typeof words === 'string' ? said.replace(key, words) : said.replace(key, words)),
    text,
  )
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
