// What every page says while sending is held: why, what it means, and the way out.
import { type HoldView, holdText } from '../../engine/service/held.ts'

export function HoldBanner({ hold }: { hold: HoldView }) {
  return (
    <div class="warning hold" role="status">
      <p>
        <strong>{holdText(hold)}</strong> No campaign starts and no message leaves. Callbacks are still received.
      </p>
      <p>
        A person with access to the machine has to decide. <Commands text={hold.hint} />
      </p>
    </div>
  )
}

/** A sentence of the program with its commands set apart. */
function Commands({ text }: { text: string }) {
  return <>{text.split('`').map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>
}
