// What every command and stage works with. Time, chance and the outside are in here, so that nothing reaches for them.
import type { Clock } from '../runtime/clock.ts'
import type { Config } from '../runtime/config.ts'
import type { Log } from '../runtime/log.ts'
import type { Secrets } from '../runtime/secrets.ts'
import type { Database } from '../store/database.ts'
import type { NodeLife } from './node-life.ts'

export interface Context {
  readonly db: Database
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly config: Config
  readonly log: Log
  readonly secrets: Secrets
  readonly node: NodeLife
  readonly appVersion: string
  /** Of the time zone rules of this runtime: `2025c`. */
  readonly zoneDataVersion: string
}

/** Progress of a long work, for the face that shows it. */
export interface Progress {
  done: number
  /** Undefined while nobody knows. */
  total?: number
  what: string
}
export type OnProgress = (progress: Progress) => void
