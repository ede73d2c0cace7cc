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
  reply: 'rep',
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
  const prefix = `${idPrefixes[kind]}_`
  const digits = text.startsWith(prefix) ? text.slice(prefix.length) : text
  return /^[1-9][0-9]{0,14}$/.test(digits) ? Number(digits) : undefined
}

/** The integer of `msg_1042`, the form in which ids are shown; undefined for every other text. No new name has this form. */
export function findWholeIdIn(kind: IdKind, text: string): number | undefined {
  return text.startsWith(`${idPrefixes[kind]}_`) ? findIdIn(kind, text) : undefined
}

const prefixes = new Set<string>(Object.values(idPrefixes))

/** Whether a text reads as the id of something, in upper or lower case. */
export function hasFormOfId(text: string): boolean {
  const [prefix = '', digits = '', ...more] = text.split('_')
  return more.length === 0 && /^\d+$/.test(digits) && prefixes.has(prefix.toLowerCase())
}

export function parseId(kind: IdKind, text: string): number {
  const id = findIdIn(kind, text)
  if (id === undefined)
    throw new AppError('id.invalid', `"${text.slice(0, 40)}" is not the id of a ${kind}`, {
      hint: `Ids look like ${idPrefixes[kind]}_12.`,
    })
  return id
}

/** An epoch that is over: attempts up to this one were made in it, or in one before. */
export interface PastEpoch {
  epoch: number
  through: number
}

/** What the references of an installation are made of. */
export interface Origin {
  installation: string
  epoch: number
  /** Oldest first. */
  past: readonly PastEpoch[]
}

/**
 * Our name for one attempt, given to providers that have a field for it: `h<installation>-<epoch>-<attempt>`.
 * The epoch rises at every unlock and restore, so that a reference never means two attempts.
 */
export function formatReference(installation: string, epoch: number, attemptId: number): string {
  return `h${installation}-${epoch}-${attemptId.toString(36)}`
}

/** The name under which an attempt was made, also one of an earlier epoch. */
export function referenceOf(origin: Origin, attemptId: number): string {
  return formatReference(origin.installation, epochOf(origin, attemptId), attemptId)
}

function epochOf({ epoch, past }: Origin, attemptId: number): number {
  return past.find(({ through }) => attemptId <= through)?.epoch ?? epoch
}

/** Whether a reference is the one that this attempt was made under. */
export function isReferenceOf(origin: Origin, { installation, epoch, attemptId }: Reference): boolean {
  return installation === origin.installation && epoch === epochOf(origin, attemptId)
}

/**
 * The epoch after this one. It goes by the clock: two copies of one database, or one restored twice from the same backup,
 * never come to the same.
 */
export function risenEpoch(epoch: number, now: number): number {
  return Math.max(epoch + 1, Math.floor(now / 1000))
}

export interface Reference {
  installation: string
  epoch: number
  attemptId: number
}

/** What a reference names; undefined for anybody else's reference. */
export function parseReference(reference: string): Reference | undefined {
  const match = /^h([0-9a-z]{6,32})-([0-9]{1,12})-([0-9a-z]{1,11})$/.exec(reference)
  if (match === null) return undefined
  const attemptId = Number.parseInt(match[3] ?? '', 36)
  return Number.isSafeInteger(attemptId)
    ? { installation: match[1] ?? '', epoch: Number(match[2]), attemptId }
    : undefined
}
