// What fails at a sender or a campaign and is tried again by itself.
import type { TroubleView } from '../../engine/duties/show-troubles.ts'
import type { Format } from '../format.ts'
import { troubleWords } from '../words.ts'

export function Troubles({ troubles, format }: { troubles: readonly TroubleView[]; format: Format }) {
  return (
    <>
      {troubles.map(({ work, message, hint, since, nextTryAt }) => (
        <p class="warning">
          {troubleWords[work]} since {format.instant(since)}: <bdi>{message.replace(/\.$/, '')}</bdi>.{' '}
          {hint !== null && <bdi>{hint} </bdi>}
          Herald tries again at {format.instant(nextTryAt)}.
        </p>
      ))}
    </>
  )
}
