// What waits for a person, each with the page where it is dealt with.
import { needParts } from '../../engine/service/need-words.ts'
import type { Need, NeedKind } from '../../engine/service/needs.ts'
import type { Format } from '../format.ts'

/** The page of one thing, and of them all. */
const places: Record<NeedKind, (id: string | null) => string> = {
  campaign: (id) => (id === null ? '/campaigns?status=paused' : `/campaigns/${id}`),
  sender: (id) => (id === null ? '/senders' : `/senders/${id}`),
  unknown: () => '/unknown',
  replies: () => '/replies?reading=probable_opt_out',
  templates: () => '/templates',
  import: (id) => (id === null ? '/imports' : `/imports/${id}`),
}

export function NeedsYou({ needs, format }: { needs: readonly Need[]; format: Format }) {
  if (needs.length === 0) return null
  return (
    <section class="card needs" aria-labelledby="needs">
      <h2 id="needs">Needs you ({format.number(needs.length)})</h2>
      <ul>
        {needs.map((need) => (
          <li>
            <a href={places[need.kind](need.id)}>
              {needParts(need, format).map((part) => (typeof part === 'string' ? part : <bdi>{part.foreign}</bdi>))}
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
