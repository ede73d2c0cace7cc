// How far the messages of each person have come in a simulation of several runs that may overlap, person by person.
import type { ClaimDecision } from '../../domain/message-rules.ts'
import type { EarlierMessage } from '../../domain/overlap.ts'

/** A message of a run. */
export interface Standing {
  contactId: number
  /** Its run, later ones higher. */
  order: number
  scheduledAt: number
  dueAt: number
}

/** `endedAt` is when it was sent, null when it ended unsent, undefined while it waits. */
type Known = Standing & { endedAt: number | null | undefined }

export class Standings {
  readonly #byPerson = new Map<number, Known[]>()

  add(standing: Standing): void {
    const known = this.#byPerson.get(standing.contactId) ?? []
    this.#byPerson.set(standing.contactId, [...known, { ...standing, endedAt: undefined }])
  }

  /** Of the person, in another run that is looked at too, for an earlier time. */
  earlierOf({ contactId, order, scheduledAt }: Omit<Standing, 'dueAt'>): EarlierMessage | null {
    const earlier = (this.#byPerson.get(contactId) ?? []).filter(
      (other) => other.scheduledAt < scheduledAt || (other.scheduledAt === scheduledAt && other.order < order),
    )
    const open = earlier.find(({ endedAt }) => endedAt === undefined)
    if (open !== undefined) return { dueAt: open.dueAt }
    return earlier.some(({ endedAt }) => (endedAt ?? 0) >= scheduledAt) ? { dueAt: null } : null
  }

  note({ contactId, order }: Pick<Standing, 'contactId' | 'order'>, decision: ClaimDecision, at: number): void {
    const standing = this.#byPerson.get(contactId)?.find((one) => one.order === order)
    if (standing === undefined) return
    if (decision.act === 'defer') standing.dueAt = decision.dueAt
    else if (decision.act !== 'leave') standing.endedAt = decision.act === 'send' ? at : null
  }
}
