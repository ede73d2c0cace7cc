// The address for callbacks of a sender, and a new one in its place; for administrators.
import type { SenderView } from '../../engine/senders/senders.ts'
import type { Format } from '../format.ts'
import type { PageContext } from '../page.ts'
import { Check, Field, FormToken, Select } from './form.tsx'

const oldForOptions = [
  ['72', 'for 3 days more'],
  ['24', 'for a day more'],
  ['1', 'for an hour more'],
  ['0', 'no longer: refuse them at once'],
] as const

interface CallbacksProps {
  c: PageContext
  sender: SenderView
  format: Format
}

export function Callbacks({ c, sender, format }: CallbacksProps) {
  return (
    <section class="card" aria-label="Callbacks">
      <Field
        name="webhookUrl"
        label="Address for callbacks"
        value={sender.webhookUrl}
        extra={{ readonly: true }}
        help="Anyone who knows it can report statuses in the provider’s name: give it to nobody else."
      />
      {sender.formerWebhookUntil !== null && (
        <p>The old address is taken until {format.instant(sender.formerWebhookUntil)}.</p>
      )}
      <a class="button second" href={`/senders/${sender.id}/webhook`}>
        Set it at the provider …
      </a>
      <details>
        <summary>Make a new address</summary>
        <form class="decide" method="post" action={`/senders/${sender.id}/webhook/rotate`}>
          <FormToken c={c} version={sender.version} />
          <p>
            If the address may have become known, make a new one. Then set it at the provider, or statuses and replies
            stop arriving once the old one is refused.
          </p>
          <Select name="oldForHours" label="Take callbacks to the old address" value="72" options={oldForOptions} />
          <Check name="sure" label="Replace the address for callbacks" required />
          <button type="submit" class="danger">
            Make a new address
          </button>
        </form>
      </details>
    </section>
  )
}
