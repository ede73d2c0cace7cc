// What waits for a person, each with the page where it is dealt with.
import type { Child } from 'hono/jsx'
import { NEEDS_COUNTED_MAX, type Need, type NeedKind } from '../../engine/service/needs.ts'
import type { Format } from '../format.ts'
import { pausedBecause } from '../sender-words.ts'
import { pauseText } from '../words.ts'

interface NeedWords {
  /** Of one thing, and of many alike. */
  one(need: Need, format: Format): Child
  many(need: Need, format: Format): Child
  /** The page of one thing, and of them all. */
  href(id: string | null): string
}

function countText({ count }: Need, [one, many]: [string, string], format: Format): string {
  return count >= NEEDS_COUNTED_MAX
    ? `${format.number(NEEDS_COUNTED_MAX - 1)}+ ${many}`
    : format.counted(count, one, many)
}

const needWords: Record<NeedKind, NeedWords> = {
  campaign: {
    one: ({ name, reason }) => (
      <>
        The campaign <bdi>{name}</bdi> paused itself: {pauseText(reason ?? '')}.
      </>
    ),
    many: (need, format) => `${format.counted(need.count, 'more campaign', 'more campaigns')} paused by themselves.`,
    href: (id) => (id === null ? '/campaigns?status=paused' : `/campaigns/${id}`),
  },
  sender: {
    one: ({ name, reason, detail }) => (
      <>
        The sender <bdi>{name}</bdi> is paused, nothing of it is sent:{' '}
        <bdi>{pausedBecause({ pauseReason: reason, pauseDetail: detail })}</bdi>.
      </>
    ),
    many: (need, format) => `${format.counted(need.count, 'more sender is', 'more senders are')} paused.`,
    href: (id) => (id === null ? '/senders' : `/senders/${id}`),
  },
  unknown: words(
    '/unknown',
    ['message was', 'messages were'],
    'handed over without an answer: look them up, then settle them.',
  ),
  replies: words(
    '/replies?reading=probable_opt_out',
    ['reply is', 'replies are'],
    'probably an opt-out: say what they mean.',
  ),
  templates: words(
    '/templates',
    ['template was', 'templates were'],
    'rejected or stopped by the provider in the last 7 days.',
  ),
  import: {
    one: (need, format) => (
      <>
        The import of <bdi>{need.name}</bdi> rejected {format.counted(need.count, 'line', 'lines')}: correct and import
        them.
      </>
    ),
    many: (need, format) => `${format.counted(need.count, 'more import', 'more imports')} rejected lines.`,
    href: (id) => (id === null ? '/imports' : `/imports/${id}`),
  },
}

function words(href: string, nouns: [string, string], what: string): NeedWords {
  const many = (need: Need, format: Format) => `${countText(need, nouns, format)} ${what}`
  return { one: many, many, href: () => href }
}

export function NeedsYou({ needs, format }: { needs: readonly Need[]; format: Format }) {
  if (needs.length === 0) return null
  return (
    <section class="card needs" aria-labelledby="needs">
      <h2 id="needs">Needs you ({format.number(needs.length)})</h2>
      <ul>
        {needs.map((need) => {
          const { one, many, href } = needWords[need.kind]
          return (
            <li>
              <a href={href(need.id)}>{need.id === null ? many(need, format) : one(need, format)}</a>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
