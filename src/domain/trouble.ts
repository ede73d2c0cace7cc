// Work that is done for one sender, campaign, run … at a time, each within its own boundary: what fails at one waits and
// is tried again later, and the others go on. What failed is called a trouble.
import type { IdKind } from './ids.ts'

/** Every kind of work that can be in trouble, and what it is done for. */
export const troubleWork = {
  sending: 'sender',
  claims: 'sender',
  claim: 'message',
  result: 'message',
  callbacks: 'sender',
  callback: 'webhookEvent',
  proof: 'sender',
  polling: 'sender',
  templates: 'sender',
  schedule: 'campaign',
  planning: 'run',
  import: 'import',
  node: 'node',
  cancel: 'campaign',
  list_removal: 'list',
  erasure: 'contact',
  redating: 'installation',
  retention: 'installation',
} as const satisfies Record<string, IdKind | 'installation'>
export type TroubleWork = keyof typeof troubleWork

/** Work that comes up again and again, or that a status asks for; one node at a time does it. */
export type StandingWork = Extract<
  TroubleWork,
  'proof' | 'polling' | 'templates' | 'cancel' | 'list_removal' | 'retention'
>
/** Work that there is only while it is ordered: the order says what to do. One node at a time does it. */
export type OrderedWork = Extract<TroubleWork, 'erasure' | 'redating'>
export type DutyWork = StandingWork | OrderedWork

const BACK_OFF_MS = 1_000
/** The longest wait between two tries: a repair is noticed within it. */
export const BACK_OFF_MAX_MS = 5 * 60_000

/** How long work that failed so many times in a row is left alone. */
export function backOffMs(tries: number): number {
  return Math.min(BACK_OFF_MAX_MS, BACK_OFF_MS * 2 ** Math.min(tries - 1, 20))
}
