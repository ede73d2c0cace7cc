// What a new sender needs before it reaches people, each step ticked once it has worked.
import { type SenderHealth, senderSteps } from '../../engine/senders/sender-health.ts'
import type { SenderView } from '../../engine/senders/senders.ts'
import { senderStepWords } from '../sender-words.ts'

/** Empty once every step is done, and for the sandbox, which needs none. */
export function SenderSteps({ sender, health }: { sender: SenderView; health: SenderHealth }) {
  const { steps } = health
  if (sender.provider === 'sandbox' || senderSteps.every((step) => steps[step])) return null
  return (
    <section class="card" aria-labelledby="sender-steps">
      <h2 id="sender-steps">Get it ready</h2>
      <ol class="first-steps">
        {senderSteps.map((step) => {
          const { title, help } = senderStepWords[step]
          return (
            <li>
              {title} {steps[step] && <span class="done">✓ Done</span>}
              {!steps[step] && <p class="help">{help}</p>}
            </li>
          )
        })}
      </ol>
    </section>
  )
}
