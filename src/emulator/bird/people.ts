// The contacts of the workspace: made when a person writes or is written to; each has a service window of a day from the
// last word to us.
import type { IdSource } from '../dialect.ts'

const WINDOW_MS = 24 * 60 * 60 * 1000

export interface Person {
  id: string
  /** Digits. */
  phone: string
  heardAt: number | null
}

export class People {
  readonly #ids: IdSource
  readonly #byPhone = new Map<string, Person>()

  constructor(ids: IdSource) {
    this.#ids = ids
  }

  /** The contact with this phone, made when there is none. */
  ensure(phone: string): Person {
    const known = this.#byPhone.get(phone)
    if (known !== undefined) return known
    const person = { id: newId(this.#ids), phone, heardAt: null }
    this.#byPhone.set(phone, person)
    return person
  }

  findByPhone(phone: string): Person | undefined {
    return this.#byPhone.get(phone)
  }

  findById(id: string): Person | undefined {
    return [...this.#byPhone.values()].find((person) => person.id === id)
  }

  heard(phone: string, at: number): void {
    this.ensure(phone).heardAt = at
  }

  /** When the service window closes; null when it is closed. */
  windowUntil(person: Person, now: number): number | null {
    const until = person.heardAt === null ? 0 : person.heardAt + WINDOW_MS
    return until > now ? until : null
  }

  reset(): void {
    this.#byPhone.clear()
  }
}

/** As Bird's ids look: a UUID. */
export function newId(ids: IdSource): string {
  const hex = ids.hex(32).toLowerCase()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
