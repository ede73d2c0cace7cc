// Ids are integers everywhere; people see them with a prefix that says what they name (msg_1042).
import { AppError } from './errors.ts'

export const idPrefixes = {
  attempt: 'att',
  campaign: 'cmp',
  contact: 'con',
  import: 'imp',
  key: 'key',
  list: 'lst',
  message: 'msg',
  node: 'nod',
  run: 'run',
  sender: 'snd',
  suppression: 'sup',
  upload: 'upl',
  user: 'usr',
  webhookEvent: 'whe',
} as const
export type IdKind = keyof typeof idPrefixes

export function formatId(kind: IdKind, id: number): string {
  return `${idPrefixes[kind]}_${id}`
}

/** The integer of `msg_1042` or `1042`; undefined when the text is neither. */
export function findIdIn(kind: IdKind, text: string): number | undefined {
  const match = new RegExp(`^(?:${idPrefixes[kind]}_)?([1-9][0-9]{0,14})$`).exec(text)
  return match === null ? undefined : Number(match[1])
}

export function parseId(kind: IdKind, text: string): number {
  const id = findIdIn(kind, text)
  if (id === undefined)
    throw new AppError('id.invalid', `"${text.slice(0, 40)}" is not the id of a ${kind}`, {
      hint: `Ids look like ${idPrefixes[kind]}_12.`,
    })
  return id
}

/**
 * Our name for one attempt, given to providers that have a field for it: `h<installation>-<epoch>-<attempt>`.
 * The epoch rises at every unlock after a restore, so that a reference never means two attempts.
 */
export function formatReference(installation: string, epoch: number, attemptId: number): string {
  return `h${installation}-${epoch}-${attemptId.toString(36)}`
}

export interface Reference {
  installation: string
  epoch: number
  attemptId: number
}

/** The attempt that a reference names; undefined for anybody else's reference. */
export function parseReference(reference: string): Reference | undefined {
  const match = /^h([0-9a-z]{6,32})-([0-9]{1,9})-([0-9a-z]{1,11})$/.exec(reference)
  if (match === null) return undefined
  const attemptId = Number.parseInt(match[3] ?? '', 36)
  return Number.isSafeInteger(attemptId)
    ? { installation: match[1] ?? '', epoch: Number(match[2]), attemptId }
    : undefined
}
