// What no single field of a content can say: one of two, numbers over several parts, ids that must differ. And which of its
// buttons the campaign declares as opt-outs.
import { type ContentShape, contentLimits, type Header } from './content-shape.ts'

export interface WholeProblem {
  path: (string | number)[]
  message: string
}

/** Where and why the parts of a content do not go together. */
export function wholeProblems(content: ContentShape): WholeProblem[] {
  const problems: WholeProblem[] = []
  const mediaOnce = (part: object, path: (string | number)[]) => {
    const media = part as { url?: string; mediaId?: string }
    if ((media.url === undefined) === (media.mediaId === undefined))
      problems.push({
        path: [...path, 'url'],
        message: 'needs either the address of a file (`url`) or its id at the provider (`mediaId`)',
      })
  }
  /** Whether there are several pictures or files, which take the place of the one. */
  const severalOnce = (part: object, path: (string | number)[]): boolean => {
    const [name] = ['images', 'files'].filter((key) => key in part && part[key as keyof typeof part] !== undefined)
    if (name === undefined) return false
    const { url, mediaId, altText, filename } = part as Record<string, unknown>
    if ([url, mediaId, altText, filename].some((one) => one !== undefined))
      problems.push({
        path: [...path, name],
        message: `needs either several (\`${name}\`) or one (\`url\` or \`mediaId\`)`,
      })
    return true
  }
  const headerOnce = (header: Header | undefined, path: (string | number)[]) => {
    if (header === undefined || header.type === 'text' || header.type === 'location') return
    if (!severalOnce(header, path)) mediaOnce(header, path)
  }
  if (!severalOnce(content, []) && ['image', 'video', 'audio', 'document', 'sticker'].includes(content.type))
    mediaOnce(content, [])
  if (content.type === 'buttons') {
    headerOnce(content.header, ['header'])
    if (content.header?.type === 'location') problems.push({ path: ['header'], message: 'cannot be a location' })
    problems.push(
      ...repeated(content.buttons.map(({ id, title }, index) => ({ id: id ?? title, path: ['buttons', index] }))),
    )
    const nameless = content.buttons.findIndex(({ id, optOut }) => optOut === true && id === undefined)
    if (nameless >= 0)
      problems.push({ path: ['buttons', nameless, 'id'], message: 'is needed by an opt-out (`optOut`)' })
  }
  if (content.type === 'list') problems.push(...listProblems(content))
  if (content.type === 'carousel' || content.type === 'template')
    for (const [index, card] of (content.cards ?? []).entries()) headerOnce(card.header, ['cards', index, 'header'])
  if (content.type === 'carousel') problems.push(...carouselProblems(content))
  if (content.type === 'template') {
    headerOnce(content.header, ['header'])
    problems.push(...templateProblems(content))
  }
  if (content.type === 'product') problems.push(...productProblems(content))
  const open = optOutPayloads(content).find((payload) => payload.includes('{{'))
  if (open !== undefined)
    problems.push({ path: [], message: `"${open.slice(0, 60)}" of an opt-out (\`optOut\`) cannot hold a placeholder` })
  return problems
}

/** What a provider takes and people then do not see. */
export function contentWarnings(content: ContentShape): string[] {
  const place = content.type === 'template' ? content.header : content
  const isHidden = place?.type === 'location' && place.address !== undefined && place.name === undefined
  return isHidden ? ['people will not see the address of the place, because it has no name (`content.name`)'] : []
}

type Button = Extract<ContentShape, { type: 'buttons' }>['buttons'][number]

/** What a tap on a button carries that this content declares as an opt-out. */
export function optOutPayloads(content: ContentShape): string[] {
  switch (content.type) {
    case 'buttons':
      return idsOf(content.buttons)
    case 'list':
      return content.sections.flatMap(({ rows }) => idsOf(rows))
    case 'carousel':
      return content.cards.flatMap(({ buttons }) => idsOf(buttons))
    case 'template':
      return [content, ...(content.cards ?? [])].flatMap(({ buttons = [] }) =>
        buttons.flatMap((button) => (button.type === 'quickReply' && button.optOut ? [button.value] : [])),
      )
    default:
      return []
  }
}

function idsOf(buttons: readonly (Pick<Button, 'id' | 'optOut'> | { url: string })[]): string[] {
  return buttons.flatMap((button) => ('id' in button && button.id !== undefined && button.optOut ? [button.id] : []))
}

function listProblems(content: Extract<ContentShape, { type: 'list' }>): WholeProblem[] {
  const rows = content.sections.flatMap(({ rows: own }, section) =>
    own.map(({ id }, row) => ({ id, path: ['sections', section, 'rows', row] })),
  )
  const problems = repeated(rows)
  if (rows.length > contentLimits.listRows)
    problems.push({
      path: ['sections'],
      message: `has ${rows.length} rows in all, at most ${contentLimits.listRows}`,
    })
  if (content.sections.length > 1 && content.sections.some((section) => section.title === undefined))
    problems.push({ path: ['sections'], message: 'needs a title for each section when there are several' })
  return problems
}

/** WhatsApp shows cards side by side: all with an image or all with a video, and with the same buttons. */
function carouselProblems({ cards }: Extract<ContentShape, { type: 'carousel' }>): WholeProblem[] {
  const [first] = cards
  if (first?.header?.type !== 'image' && first?.header?.type !== 'video')
    return [{ path: ['cards', 0, 'header'], message: 'needs an image or a video' }]
  const kindsOf = (card: (typeof cards)[number]) =>
    card.buttons.map((button) => ('url' in button ? 'url' : 'id')).join()
  const problems: WholeProblem[] = []
  for (const [index, card] of cards.entries()) {
    if (card.header?.type !== first.header.type)
      problems.push({ path: ['cards', index, 'header'], message: `needs a ${first.header.type} as the first card has` })
    if (kindsOf(card) !== kindsOf(first))
      problems.push({ path: ['cards', index, 'buttons'], message: 'needs the same kinds of buttons as the first card' })
    if (card.buttons.length > 1 && card.buttons.some((button) => 'url' in button))
      problems.push({ path: ['cards', index, 'buttons'], message: 'may hold one link or up to three replies' })
  }
  return problems
}

type Template = Extract<ContentShape, { type: 'template' }>
type Card = NonNullable<Template['cards']>[number]

/** Each button has a place of its own, and the cards of one template are all alike. */
function templateProblems({ buttons, cards = [] }: Template): WholeProblem[] {
  const kindsOf = ({ header, body, buttons: own = [] }: Card) =>
    [header?.type, body === undefined ? undefined : 'body', ...own.map(({ type }) => type)].filter(Boolean).join()
  const [first] = cards
  return [
    ...samePlaces(buttons, ['buttons']),
    ...cards.flatMap((card, index): WholeProblem[] => {
      const path = ['cards', index]
      if (kindsOf(card) === '') return [{ path, message: 'holds nothing: leave out cards that take no value' }]
      const isLikeFirst = first === undefined || kindsOf(card) === kindsOf(first)
      return [
        ...samePlaces(card.buttons, [...path, 'buttons']),
        ...(isLikeFirst
          ? []
          : [{ path, message: 'needs header, body and buttons of the same kinds as the first card' }]),
      ]
    }),
  ]
}

function samePlaces(buttons: Template['buttons'] = [], path: WholeProblem['path']): WholeProblem[] {
  const places = buttons.map(({ index }) => index)
  const twice = places.findIndex((place, at) => places.indexOf(place) !== at)
  if (twice < 0) return []
  return [{ path: [...path, twice, 'index'], message: `says ${places[twice]} twice: each button has its own place` }]
}

function productProblems(content: Extract<ContentShape, { type: 'product' }>): WholeProblem[] {
  if ((content.productId === undefined) === (content.sections === undefined))
    return [
      { path: ['productId'], message: 'needs either one product (`productId`) or sections of several (`sections`)' },
    ]
  if (content.sections === undefined) return []
  const problems: WholeProblem[] = []
  if (content.header === undefined || content.body === undefined)
    problems.push({ path: [], message: 'needs a header and a text (`header`, `body`) when it shows sections' })
  const count = content.sections.reduce((sum, section) => sum + section.productIds.length, 0)
  if (count > contentLimits.products)
    problems.push({
      path: ['sections'],
      message: `has ${count} products in all, at most ${contentLimits.products}`,
    })
  return problems
}

/** The first id that stands a second time, at its place. */
function repeated(placed: { id: string; path: WholeProblem['path'] }[]): WholeProblem[] {
  const ids = placed.map(({ id }) => id)
  const twice = placed.find(({ id }, index) => ids.indexOf(id) !== index)
  return twice === undefined
    ? []
    : [{ path: [...twice.path, 'id'], message: `says "${twice.id}" twice: each must differ (\`id\`)` }]
}
